"""Count what changed for the statistics and publish the weeks that are over; or count everything from zero."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts.permissions import SYSTEM
from surveillance import actions


class Command(BaseCommand):
    """`manage.py statistics [--rebuild]`, or `--revise CM 2026-W05` for a week that was published wrong."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--rebuild", action="store_true", help="count everything from zero")
        parser.add_argument(
            "--revise", nargs=2, metavar=("COUNTRY", "WEEK"),
            help="publish a week again: whoever kept the old figures may then work out small differences",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say how long it took."""
        now, start = timezone.now(), time.perf_counter()
        if options["revise"]:
            country, week = options["revise"]
            actions.revise_week(country=country, week=week, by=SYSTEM, now=now)
        work = actions.rebuild if options["rebuild"] else actions.refresh
        counted = work(by=SYSTEM, now=now)
        published = actions.publish_due(by=SYSTEM, now=now)
        alerts = actions.watch(by=SYSTEM, now=now)
        seconds = time.perf_counter() - start
        self.stdout.write(
            f"{counted} weeks of facilities counted, {published} published, "
            f"{alerts} new alerts, {seconds:.1f} s."
        )
