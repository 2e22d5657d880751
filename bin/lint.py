"""Run every check of `make lint`, all of them even when one fails, and name the ones that did."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS = {
    "ruff check": ["ruff", "check", "--quiet", "."],
    "ruff format": ["ruff", "format", "--check", "--quiet", "."],
    "mypy": ["mypy", "--no-error-summary", "."],
    "import-linter": ["lint-imports", "--no-cache"],
    "djlint format": ["djlint", "--check", "--quiet", "templates"],
    "djlint": ["djlint", "--lint", "--quiet", "templates"],
    # Beside servers of its own: the backend asks the server for its version before it looks at any model.
    "migrations": [
        "python",
        "bin/test.py",
        "--run",
        "python",
        "manage.py",
        "makemigrations",
        "--check",
        "--dry-run",
    ],
}


def main() -> int:
    """Run the checks. Returns 1 when one failed."""
    environment = os.environ | {
        "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
        "PYTHONPATH": str(ROOT),
    }
    failed = []
    for name, command in CHECKS.items():
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]], cwd=ROOT, env=environment, check=False
        )
        sys.stdout.write(f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name}\n")
        sys.stdout.flush()
        if done.returncode != 0:
            failed.append(name)
    if failed:
        sys.stderr.write(f"make lint found something in: {', '.join(failed)}.\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
