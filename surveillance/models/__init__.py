"""What is stored of statistics, alerts, and Carnet's own effect."""

from surveillance.models.alerts import (
    Alert,
    AlertLevel,
    AlertStatus,
    AlertStep,
    AlertThreshold,
    DistrictPopulation,
)
from surveillance.models.counts import FacilityWeek, Progress, PublishedTable, PublishedWeek
from surveillance.models.effect import ImpactWeek, OpeningWeek, Opinion, OpinionWeek

__all__ = [
    "Alert",
    "AlertLevel",
    "AlertStatus",
    "AlertStep",
    "AlertThreshold",
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
