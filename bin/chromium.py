"""Find the Chromium that the browser tests drive, or install Debian's; print where it is."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = "The browser tests need Chromium: run `sudo apt-get install chromium`, or set CHROMIUM to its path."

# Without a font pages have no text, and its contrast cannot be judged.
FONT = "fonts-dejavu-core"


def find() -> str | None:
    """Return the path of a Chromium on this machine, or None."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if os.access(named, os.X_OK) else None
    return next((path for path in map(shutil.which, NAMES) if path), None)


def install() -> None:
    """Install Debian's package, when we may."""
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0 or os.environ.get("CHROMIUM"):
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", "chromium", FONT]):
        subprocess.run(
            [apt, *arguments],
            env=environment,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    if not find():
        install()
    if not find():
        sys.exit(MISSING)
