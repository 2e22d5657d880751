"""ICD-10 codes and ranges: how they are written and what is inside them."""

from __future__ import annotations

import re
from functools import lru_cache

_CODE = re.compile(r"^([A-Z])(\d\d)(?:\.?([0-9A-Z]{1,4}))?$")


@lru_cache(maxsize=20000)
def normal(code: str) -> str | None:
    """The code as X00 or X00.0, or None if it is not well formed."""
    found = _CODE.match(code.strip().upper().rstrip("*+†"))
    if found is None:
        return None
    return f"{found[1]}{found[2]}" + (f".{found[3]}" if found[3] else "")


def keys(code: str) -> tuple[str, ...]:
    """The table keys of a normal code: its category, its first four characters, and its first five."""
    return tuple(code[:size] for size in (3, 5, 6) if size <= len(code))


def expand(spec: str) -> tuple[str, ...]:
    """Every category (X00) and subcategory (X00.0) that a code or range names.

    Raises:
        ValueError: not a code or a range of codes.
    """
    first, dash, last = spec.partition("-")
    if normal(first) is None or (dash and normal(last) is None):
        raise ValueError(f"code {spec!r}")
    if not dash:
        return (first,)
    if first[:3] == last[:3] and len(first) == len(last) == 5:
        return _digits(first[:3], int(first[4]), int(last[4]))
    low, high = _number(first), _number(last)
    if low >= high:
        raise ValueError(f"range {spec!r} ends before it begins")
    head = _digits(first[:3], int(first[4]), 9) if len(first) == 5 else (first,)
    tail = _digits(last[:3], 0, int(last[4])) if len(last) == 5 else (last,)
    middle = (f"{chr(65 + value // 100)}{value % 100:02d}" for value in range(low + 1, high))
    return (*head, *middle, *tail)


def _digits(category: str, low: int, high: int) -> tuple[str, ...]:
    return tuple(f"{category}.{digit}" for digit in range(low, high + 1))


def _number(code: str) -> int:
    return (ord(code[0]) - 65) * 100 + int(code[1:3])
