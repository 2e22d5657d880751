"""What changes about statistics: counts, published weeks, alerts with their thresholds, and Carnet's own effect."""

from surveillance.actions.alerts import (
    NotPossibleError,
    change_threshold,
    follow_up,
    set_population,
    watch,
)
from surveillance.actions.counting import rebuild, refresh
from surveillance.actions.dhis2 import NotSendableError, send_week, set_names
from surveillance.actions.measuring import SETTLED_WEEKS, keep_openings, measure
from surveillance.actions.publishing import publish_due, revise_week
from surveillance.actions.survey import ask_for_opinions, take_opinion, take_reply

__all__ = [
    "SETTLED_WEEKS",
    "NotPossibleError",
    "NotSendableError",
    "ask_for_opinions",
    "change_threshold",
    "follow_up",
    "keep_openings",
    "measure",
    "publish_due",
    "rebuild",
    "refresh",
    "revise_week",
    "send_week",
    "set_names",
    "set_population",
    "take_opinion",
    "take_reply",
    "watch",
]
