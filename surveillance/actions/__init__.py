"""What changes about statistics: counting what changed, and publishing weeks that are over."""

from surveillance.actions.counting import rebuild, refresh
from surveillance.actions.publishing import publish_due, revise_week

__all__ = ["publish_due", "rebuild", "refresh", "revise_week"]
