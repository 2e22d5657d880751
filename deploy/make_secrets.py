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
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(text)
        fresh.chmod(0o400)
        fresh.rename(path)
    return path.read_text()


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
    write_once(
        app / "app.env",
        f"SECRET_KEY={secrets.token_urlsafe(64)}\n"
        f"MONGODB_URI=mongodb://carnet:{mongo_password}@{MONGO_HOSTS}/?replicaSet=rs0&authSource=admin\n"
        f"REDIS_URL=redis://:{redis_password}@{REDIS_HOST}/0\n",
    )


if __name__ == "__main__":
    os.umask(0o077)
    make(Path(sys.argv[1]))
    sys.stdout.write("The secrets exist.\n")
