"""What changes about statistics: counting, publishing weeks that are over, and alerts with their thresholds."""

from surveillance.actions.alerts import (
    NotPossibleError,
    change_threshold,
    follow_up,
    set_population,
    watch,
)
from surveillance.actions.counting import rebuild, refresh
from surveillance.actions.publishing import publish_due, revise_week

__all__ = [
    "NotPossibleError",
    "change_threshold",
    "follow_up",
    "publish_due",
    "rebuild",
    "refresh",
    "revise_week",
    "set_population",
    "watch",
]
