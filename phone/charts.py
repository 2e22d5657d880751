"""Bars of a small chart, as numbers for its SVG."""

from collections.abc import Sequence
from typing import Any

from notifications.queries import Week

WIDTH, HEIGHT, GAP = 36, 80, 12


def week_bars(weeks: Sequence[Week]) -> list[dict[str, Any]]:
    """Return one bar a week, heights in units of the drawing."""
    top = max([week.sent for week in weeks] + [1])
    return [
        {
            "week": week,
            "x": n * (WIDTH + GAP),
            "middle": n * (WIDTH + GAP) + WIDTH // 2,
            "sent_height": week.sent * HEIGHT // top,
            "sent_y": HEIGHT - week.sent * HEIGHT // top,
            "delivered_height": week.delivered * HEIGHT // top,
            "delivered_y": HEIGHT - week.delivered * HEIGHT // top,
        }
        for n, week in enumerate(weeks)
    ]
