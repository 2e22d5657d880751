"""What the stand-in remembers: messages accepted, what callbacks said, balance and faults."""

import os
import random
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

API_KEY = os.environ.get("AT_API_KEY", "stand-in-key")
PRICE = "XAF 15.0000"


@dataclass
class Sms:
    """An SMS that was accepted (`out`) or that a phone sent (`in`)."""

    id: str
    direction: str
    number: str
    text: str
    at: float = field(default_factory=time.time)
    reports: list[str] = field(default_factory=list)


@dataclass
class Faults:
    """Chances between 0 and 1, and the seconds after which a report goes out."""

    lost: float = 0.0  # accepted, connection dropped
    slow: float = 0.0  # accepted, answered after `slow_seconds`
    slow_seconds: float = 20.0
    refused: float = 0.0  # statusCode 500 or 501, nothing accepted
    busy: float = 0.0  # HTTP 503, nothing accepted
    no_report: float = 0.0
    twice: float = 0.0
    out_of_order: float = 0.0
    report_seconds: float = 0.2


class World:
    """All state, under one lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything but the callback addresses."""
        self.sms: list[Sms] = []
        self.faults = Faults()
        self.balance = 100_000.0
        self.attempts = 0
        self.chance = random.Random(1)  # noqa: S311 (chance of a stand-in)
        self.ussd_ends: list[dict[str, str]] = []
        self.failures: list[str] = []
        self.hold_reports = False

    callbacks: dict[str, str] = {
        name: os.environ.get(f"AT_{name.upper()}_URL", "")
        for name in ("delivery", "incoming", "optout", "ussd", "ussd_end")
    }

    def accept(self, number: str, text: str) -> Sms:
        """Remember an accepted message and return it."""
        row = Sms(f"ATXid_{uuid.uuid4().hex}", "out", number, text)
        with self.lock:
            self.sms.append(row)
        return row

    def come_in(self, number: str, text: str) -> Sms:
        """Remember a message that a phone sent."""
        row = Sms(str(uuid.uuid4()), "in", number, text)
        with self.lock:
            self.sms.append(row)
        return row

    def happens(self, probability: float) -> bool:
        """Tell by chance."""
        if not probability:
            return False
        with self.lock:
            return self.chance.random() < probability

    def listing(self, number: str = "") -> list[dict[str, Any]]:
        """Return the messages of a number, or all, oldest first."""
        with self.lock:
            return [asdict(row) for row in self.sms if number in ("", row.number)]


WORLD = World()
