"""Find the Chromium that the browser tests drive, or install Debian's; print where it is."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MISSING = (
    "The browser tests need Chromium: run `sudo apt-get install chromium`, or set CHROMIUM to its path."
)


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
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt, "update", "-qq"], env=environment, check=False, **quiet)  # type: ignore[call-overload]
    subprocess.run(  # type: ignore[call-overload]
        [apt, "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        env=environment,
        check=False,
        **quiet,
    )


if __name__ == "__main__":
    if not find():
        install()
    if not find():
        sys.exit(MISSING)
