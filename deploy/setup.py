"""Bring the database to this version, and make the first administrator when there is none."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


def main() -> None:
    """Migrate; then create the administrator once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from accounts.models import User

    call_command("migrate", interactive=False)
    if User.objects.filter(is_superuser=True).exists():
        sys.stdout.write("An administrator exists already.\n")
        return
    name = os.environ.get("FIRST_ADMINISTRATOR", "admin")
    password = Path(os.environ.get("CARNET_SECRETS", "/secrets/app"), "first-administrator")
    os.environ["DJANGO_SUPERUSER_PASSWORD"] = password.read_text()
    call_command("createsuperuser", interactive=False, username=name, email="admin@example.invalid")
    sys.stdout.write(
        f"Made the administrator '{name}'. Its password: docker compose run --rm setup cat {password}\n"
    )


if __name__ == "__main__":
    main()
