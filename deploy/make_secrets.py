"""Make every secret of an installation once: what exists is never changed.

    make_secrets.py /secrets      writes app/, mongo/ and redis/ below it, each a volume of its own

Runs before everything else of docker-compose.yml, as the one user that all its containers have.
"""

import base64
import os
import secrets
import sys
from pathlib import Path

MONGO_HOSTS = os.environ.get("MONGO_HOSTS", "mongo1:27017,mongo2:27017,mongo3:27017")
REDIS_HOST = os.environ.get("REDIS_HOST", "redis:6379")


def write_once(path: Path, text: str) -> str:
    """Return what `path` holds; when there is no such file, write `text` into it first, whole or not at all."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, text)
    return path.read_text()


def add_missing(path: Path, wanted: dict[str, str]) -> None:
    """Add to a file of `NAME=value` lines the names it lacks: a newer version may want one secret more."""
    lines = path.read_text().splitlines() if path.exists() else []
    known = {line.partition("=")[0] for line in lines}
    fresh = [f"{name}={value}" for name, value in wanted.items() if name not in known]
    if fresh:
        replace(path, "\n".join([*lines, *fresh]) + "\n")


def replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(0o400)
    fresh.rename(path)


def make(home: Path) -> None:
    """Write the secrets that are missing under `home`."""
    app = home / "app"
    mongo_password = write_once(app / "mongo-password", secrets.token_urlsafe(32))
    write_once(home / "mongo" / "root-password", secrets.token_urlsafe(32))
    write_once(home / "mongo" / "app-password", mongo_password)
    write_once(home / "mongo" / "keyfile", base64.b64encode(secrets.token_bytes(741)).decode())
    redis_password = write_once(app / "redis-password", secrets.token_urlsafe(32))
    write_once(
        home / "redis" / "redis.conf",
        f"requirepass {redis_password}\nappendonly yes\nappendfsync everysec\n"
        "maxmemory-policy noeviction\n",
    )
    write_once(app / "first-administrator", secrets.token_urlsafe(12))
    add_missing(
        app / "app.env",
        {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "PHONE_CALLBACK_SECRET": secrets.token_urlsafe(48),
            "MONGODB_URI": f"mongodb://carnet:{mongo_password}@{MONGO_HOSTS}/?replicaSet=rs0&authSource=admin",
            "REDIS_URL": f"redis://:{redis_password}@{REDIS_HOST}/0",
        },
    )


if __name__ == "__main__":
    os.umask(0o077)
    make(Path(sys.argv[1]))
    sys.stdout.write("The secrets exist.\n")
