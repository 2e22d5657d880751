"""A driver of USSD sessions that holds Carnet to the rules: CON/END, ASCII, length, seconds."""

import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from urllib.parse import urlencode

from gateways.africastalking.callbacks import later
from gateways.africastalking.world import WORLD

SERVICE_CODE = "*384*237#"
ANSWER_SECONDS = 10.0
SCREEN_LIMIT = 182


class UssdError(Exception):
    """The application broke a rule of USSD; the network ends the session."""


@dataclass
class Session:
    """One dialled session of a phone."""

    phone: str
    id: str = field(default_factory=lambda: f"ATUid_{uuid.uuid4().hex}")
    text: str = ""
    hops: int = 0
    started: float = field(default_factory=time.monotonic)
    last: str = ""
    is_open: bool = True
    warnings: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def send(self, entry: str | None = None) -> str:
        """Send what was typed (None for the first hop) and return the screen without its prefix."""
        if not self.is_open:
            raise UssdError("The session has ended.")
        if entry is not None:
            self.text = entry if not self.text else f"{self.text}*{entry}"
        self.hops += 1
        return self._read(self._ask())

    def replay(self) -> str:
        """Send the last hop again, as networks do; the answer must be the same."""
        return self._read(self._ask())

    def _ask(self) -> str:
        fields = {
            "sessionId": self.id,
            "phoneNumber": self.phone,
            "networkCode": "62401",
            "serviceCode": SERVICE_CODE,
            "text": self.text,
        }
        request = urllib.request.Request(WORLD.callbacks["ussd"], urlencode(fields).encode())  # noqa: S310
        began = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
                body: str = answer.read().decode()
        except (urllib.error.URLError, OSError, UnicodeDecodeError) as error:
            self.end("Failed", str(error))
            raise UssdError(f"No screen: {error}") from error
        self.slowest = max(self.slowest, time.monotonic() - began)
        return body

    def _read(self, body: str) -> str:
        if not body.startswith(("CON ", "END ")):
            self.end("Failed", "malformed")
            raise UssdError(f"Neither CON nor END: {body[:40]!r}")
        self.last = body[4:]
        if not body.isascii():
            self.warnings.append("not ASCII")
        if len(self.last) > SCREEN_LIMIT:
            self.end("Failed", "too long")
            raise UssdError(f"{len(self.last)} characters")
        if body.startswith("END "):
            self.end("Success")
        return self.last

    def end(self, status: str = "Incomplete", error: str = "") -> None:
        """End the session and tell Carnet."""
        if not self.is_open:
            return
        self.is_open = False
        fields = {
            "date": time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
            "sessionId": self.id,
            "serviceCode": SERVICE_CODE,
            "networkCode": "62401",
            "phoneNumber": self.phone,
            "status": status,
            "cost": "XAF 0.0",
            "durationInMillis": str(int((time.monotonic() - self.started) * 1000)),
            "hopsCount": str(self.hops),
            "input": self.text,
            "lastAppResponse": self.last,
            **({"errorMessage": error} if error else {}),
        }
        WORLD.ussd_ends.append(fields)
        later(0, "ussd_end", fields)


SESSIONS: dict[str, Session] = {}
