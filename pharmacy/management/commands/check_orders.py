"""Answers cases of orders on standard input with what the safety engine finds; see safety/cases.py."""

from typing import Any

from django.core.management.base import BaseCommand

from pharmacy.safety import cases


class Command(BaseCommand):
    """Reads one JSON case a line, prints one JSON answer a line; needs no database."""

    help = "Check orders: JSON lines in, JSON lines out, in the same order."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Answer every case of standard input."""
        cases.run()
