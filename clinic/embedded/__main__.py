"""Run the embedded servers, or become one of them: see clinic.embedded."""

import contextlib
import os
import signal
import sys

from clinic.embedded import (
    MONGO_PORT,
    REDIS_PORT,
    VAR,
    ServerError,
    mongod_command,
    redis_command,
    running_mongod,
    running_redis,
)


def ports() -> tuple[int, int]:
    """Return the ports of the servers with kept data (`MONGO_PORT`, `REDIS_PORT`)."""
    return int(os.environ.get("MONGO_PORT", MONGO_PORT)), int(
        os.environ.get("REDIS_PORT", REDIS_PORT)
    )


def main(arguments: list[str]) -> None:
    """Run the servers whose data is kept under var/."""
    mongo_port, redis_port = ports()
    commands = {
        "mongo": lambda: mongod_command(VAR / "mongo", mongo_port, VAR / "log" / "mongod.log"),
        "redis": lambda: redis_command(VAR / "redis", redis_port, VAR / "log" / "redis.log"),
    }
    if arguments:
        command = commands[arguments[0]]()
        os.environ["LC_ALL"] = "C"
        os.execv(command[0], command)  # noqa: S606 (becomes the server: signals reach it directly)
    with (
        running_mongod(VAR / "mongo", mongo_port, VAR / "log" / "mongod.log") as mongo,
        running_redis(VAR / "redis", redis_port, VAR / "log" / "redis.log") as redis,
    ):
        sys.stdout.write(f"MONGODB_URI={mongo}\nREDIS_URL={redis}\nCtrl-C stops them.\n")
        sys.stdout.flush()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ServerError as error:
        sys.exit(str(error))
