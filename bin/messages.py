"""Collect the French texts of Carnet into locale/en and compile them (needs gettext).

messages.py            collect and compile
messages.py --compile  compile only
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = {
    ".git",
    ".venv",
    "var",
    "node_modules",
    "static",
    "locale",
    "docs",
    "bench",
    "tests",
    "gateways",
}
CATALOGUE = Path("locale/en/LC_MESSAGES/django.po")


def collect(into: Path) -> Path:
    """Run makemessages over a mirror of the sources in `into` and return the new catalogue."""
    for entry in ROOT.iterdir():
        if entry.is_dir() and entry.name not in LEFT_OUT and not entry.name.startswith("."):
            shutil.copytree(
                entry,
                into / entry.name,
                ignore=shutil.ignore_patterns("tests", "__pycache__", "*.json"),
            )
    (into / CATALOGUE).parent.mkdir(parents=True)
    if (ROOT / CATALOGUE).exists():
        shutil.copy(ROOT / CATALOGUE, into / CATALOGUE)
    command = [
        sys.executable,
        "-m",
        "django",
        "makemessages",
        "-l",
        "en",
        "--no-location",
        "--no-obsolete",
        "--no-wrap",
    ]
    subprocess.run(command, cwd=into, check=True, capture_output=True)
    return into / CATALOGUE


def compile_catalogue() -> None:
    """Compile the English catalogue beside its source."""
    catalogue = ROOT / CATALOGUE
    subprocess.run(
        ["msgfmt", "--check-format", "-o", str(catalogue.with_suffix(".mo")), str(catalogue)],
        check=True,
    )


if __name__ == "__main__":
    if not shutil.which("xgettext"):
        sys.exit("gettext is missing: run 'apt-get install gettext' and try again.")
    if "--compile" not in sys.argv:
        with tempfile.TemporaryDirectory() as place:
            made = collect(Path(place))
            (ROOT / CATALOGUE).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(made, ROOT / CATALOGUE)
    compile_catalogue()
