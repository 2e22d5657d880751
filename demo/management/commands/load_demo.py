"""Load the demo clinic if the database is empty."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from demo.actions import load


class Command(BaseCommand):
    """`manage.py load_demo`: DEMO_PATIENTS says how many (600)."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Load and say what there is."""
        try:
            size = int(os.environ.get("DEMO_PATIENTS", "600"))
        except ValueError as error:
            raise CommandError("DEMO_PATIENTS must be a whole number.") from error
        made = load(size=size, now=timezone.now())
        self.stdout.write(
            f"{made['patients']} patients, {made['prescriptions']} prescriptions loaded."
        )
