"""What is stored of statistics, alerts, Carnet's own effect, and what was sent to DHIS2."""

from surveillance.models.alerts import (
    Alert,
    AlertLevel,
    AlertStatus,
    AlertStep,
    AlertThreshold,
    DistrictPopulation,
)
from surveillance.models.counts import FacilityWeek, Progress, PublishedTable, PublishedWeek
from surveillance.models.dhis2 import Dhis2Export, Dhis2Kind, Dhis2Name
from surveillance.models.effect import ImpactWeek, OpeningWeek, Opinion, OpinionWeek

__all__ = [
    "Alert",
    "AlertLevel",
    "AlertStatus",
    "AlertStep",
    "AlertThreshold",
    "Dhis2Export",
    "Dhis2Kind",
    "Dhis2Name",
    "DistrictPopulation",
    "FacilityWeek",
    "ImpactWeek",
    "OpeningWeek",
    "Opinion",
    "OpinionWeek",
    "Progress",
    "PublishedTable",
    "PublishedWeek",
]
