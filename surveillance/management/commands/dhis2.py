"""Send a published week to DHIS2, or let it only try."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.permissions import SYSTEM
from surveillance import actions
from surveillance.queries.published import published_weeks


class Command(BaseCommand):
    """`manage.py dhis2 CM [2026-W20] [--dry-run]`; the last published week when none is named."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("country")
        parser.add_argument("week", nargs="?", default="")
        parser.add_argument(
            "--dry-run", action="store_true", help="DHIS2 checks and stores nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Send it and say what DHIS2 said; the exit status tells whether all was taken."""
        country = options["country"].upper()
        week = options["week"] or next(reversed(published_weeks(country)), "")
        try:
            sent = actions.send_week(
                country=country,
                week=week,
                is_dry_run=options["dry_run"],
                by=SYSTEM,
                now=timezone.now(),
            )
        except actions.NotSendableError as error:
            raise CommandError(f"{week or 'no week'}: {error.code}") from error
        self.stdout.write(
            f"{week}{' (dry run)' if sent.is_dry_run else ''}: {sent.outcome}. {sent.values} values sent, "
            f"{sent.withheld} withheld; {sent.imported} new, {sent.updated} changed, {sent.ignored} ignored."
        )
        for code, about, message in sent.conflicts:
            where = ", ".join(f"{group} {district}" for group, district in about)
            self.stdout.write(f"  {code or 'conflict'} {where}: {message}")
        if sent.outcome != "taken":
            raise CommandError(sent.message or sent.outcome)
