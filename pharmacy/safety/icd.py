"""ICD-10 codes and ranges: how they are written and what is inside them."""

from __future__ import annotations

import re

_CODE = re.compile(r"^([A-Z])(\d\d)(?:\.?([0-9A-Z]{1,4}))?$")


def normal(code: str) -> str | None:
    """The code as X00 or X00.0, or None if it is not well formed."""
    found = _CODE.match(code.strip().upper().rstrip("*+†"))
    if found is None:
        return None
    return f"{found[1]}{found[2]}" + (f".{found[3]}" if found[3] else "")


def keys(code: str) -> tuple[str, ...]:
    """The table keys of a normal code: its category, and its first four characters."""
    return (code[:3],) if len(code) < 5 else (code[:3], code[:5])


def expand(spec: str) -> tuple[str, ...]:
    """Every category (X00) and subcategory (X00.0) that a code or range names.

    Raises:
        ValueError: not a code or a range of codes of one kind.
    """
    first, dash, last = spec.partition("-")
    if not dash:
        if normal(first) is None:
            raise ValueError(f"code {spec!r}")
        return (first,)
    if len(first) == 3 and len(last) == 3:
        span = range(_number(first), _number(last) + 1)
        return tuple(f"{chr(65 + value // 100)}{value % 100:02d}" for value in span)
    if len(first) == 5 and len(last) == 5 and first[:3] == last[:3]:
        return tuple(f"{first[:4]}{digit}" for digit in range(int(first[4]), int(last[4]) + 1))
    raise ValueError(f"range {spec!r}: both ends of three, or of four in one category")


def _number(code: str) -> int:
    return (ord(code[0]) - 65) * 100 + int(code[1:3])
