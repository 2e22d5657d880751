"""Static addresses in development: the file's own, with its content's hash so that a change is seen."""

import hashlib
from functools import lru_cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


@lru_cache(maxsize=512)
def _hash(path: str, changed_ns: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


class HashedAddresses(StaticFilesStorage):
    """Add `?v=<hash>` to every address."""

    def url(self, name: str | None) -> str:
        """Return the address of a static file."""
        address = super().url(name)
        found = finders.find(name or "")
        if not found:
            return address
        return f"{address}?v={_hash(found, Path(found).stat().st_mtime_ns)}"
