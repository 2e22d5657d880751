"""Start a MongoDB and a Redis on free ports with throw-away data, run the tests, stop the servers.

test.py -q                     pytest with these arguments
test.py --run COMMAND ...      another command that needs the two servers
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from clinic.embedded import ServerError, ensure_servers  # noqa: E402 (not an installed package)


def run(command: list[str]) -> int:
    """Run a command beside the servers and return its exit code; a signal is passed on to it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ensure_servers() as servers:
        os.environ.update(MONGODB_URI=servers.mongodb_uri, REDIS_URL=servers.redis_url)
        process = subprocess.Popen(command, cwd=ROOT)
        try:
            return process.wait()
        except (KeyboardInterrupt, SystemExit):
            process.send_signal(signal.SIGINT)
            process.wait(30)
            return 130


if __name__ == "__main__":
    arguments = sys.argv[1:]
    os.environ.setdefault("CARNET_ENV", "test")
    wanted = (
        arguments[1:]
        if arguments[:1] == ["--run"]
        else [sys.executable, "-m", "pytest", *arguments]
    )
    try:
        sys.exit(run(wanted))
    except ServerError as error:
        sys.exit(str(error))
