"""Runs every measurement of this directory, one after the other: each module here that has a `main`.

usage: python -m bench [name ...]
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the modules of this directory, in the order of their names."""
    return [info.name for info in pkgutil.iter_modules([str(HERE)]) if info.name != "__main__"]


def main(wanted: list[str]) -> int:
    """Run the wanted measurements, or all; 1 when one is unknown, has no main, or failed."""
    failed = []
    for name in wanted or names():
        sys.stdout.write(f"\n== {name}\n")
        sys.stdout.flush()
        try:
            outcome = importlib.import_module(f"bench.{name}").main()
        except Exception as error:  # noqa: BLE001 (the others are still measured)
            sys.stdout.write(f"failed: {type(error).__name__}: {error}\n")
            failed.append(name)
        else:
            if outcome:
                failed.append(name)
    if failed:
        sys.stdout.write(f"\nfailed: {', '.join(failed)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
