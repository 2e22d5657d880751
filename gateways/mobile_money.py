"""What the stand-ins of mobile money share: what happens to a payment, when, and the calls that tell of it.

What happens is decided by the last three digits of the phone, or by `POST _control/behaviour`:

    901 refused by the customer          908 another amount, in the notice and in the status
    902 wrong PIN                        909 accepted, and the connection cut before the answer
    903 not enough money                 910 the notice comes before the answer
    904 never decided                    911 HTTP 503, nothing accepted
    905 decided after 20 s               912 accepted, answered after 30 s
    906 never a notice                   913 the notice comes 30 s late
    907 every notice twice               914 a forged notice first, then the true one
Any other number pays after `WORLD.seconds`.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from typing import Any

from gateways.http import Request, Response, as_json


@dataclass(frozen=True)
class Behaviour:
    """What becomes of one payment.

    Attributes:
        outcome: success, refused, wrong-pin, no-funds or never.
        seconds: until it is decided; None for the stand-in's own pace.
        notice: once, twice, never, late, before or forged-first.
        answer: ok, cut, error or slow.
        amount_differs: another amount is paid than was asked for.
    """

    outcome: str = "success"
    seconds: float | None = None
    notice: str = "once"
    answer: str = "ok"
    amount_differs: bool = False


BY_SUFFIX = {
    "901": Behaviour("refused"), "902": Behaviour("wrong-pin"), "903": Behaviour("no-funds"),
    "904": Behaviour("never"), "905": Behaviour(seconds=20), "906": Behaviour(notice="never"),
    "907": Behaviour(notice="twice"), "908": Behaviour(amount_differs=True), "909": Behaviour(answer="cut"),
    "910": Behaviour(notice="before", seconds=0), "911": Behaviour(answer="error"),
    "912": Behaviour(answer="slow"), "913": Behaviour(notice="late"), "914": Behaviour(notice="forged-first"),
}  # fmt: skip


@dataclass
class Payment:
    """A payment that the service knows of."""

    id: str
    phone: str
    amount: str
    currency: str
    callback_url: str
    behaviour: Behaviour
    decided_at: float
    facts: dict[str, Any] = field(default_factory=dict)
    outcome_set: str = ""

    @property
    def outcome(self) -> str:
        """Return what it is now: pending, or how it ended."""
        if self.outcome_set:
            return self.outcome_set
        if self.behaviour.outcome == "never" or time.time() < self.decided_at:
            return "pending"
        return self.behaviour.outcome


class World:
    """All that one stand-in remembers, under one lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.numbers = count(1)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.payments: dict[str, Payment] = {}
        self.behaviours: dict[str, Behaviour] = {}
        self.seconds = 3.0
        self.tokens: dict[str, float] = {}
        self.settings: dict[str, Any] = {}
        self.calls: list[dict[str, Any]] = []

    def behaviour_of(self, phone: str) -> Behaviour:
        """Return what a phone does: what was set for it, else what its last digits say."""
        chosen = self.behaviours.get(phone) or BY_SUFFIX.get(phone[-3:], Behaviour())
        return chosen if chosen.seconds is not None else replace(chosen, seconds=self.seconds)

    def control(self, request: Request) -> Response:
        """Answer the tests: behaviour, settings, reset, settle, payments, calls."""
        what = request.path.rpartition("/")[2]
        with self.lock:
            if what == "reset":
                self.reset()
            elif what == "behaviour":
                self._set_behaviours(request.json())
            elif what == "settings":
                said = dict(request.json())
                self.seconds = float(said.pop("seconds", self.seconds))
                self.settings |= said
            elif what == "settle":
                said = request.json()
                self.payments[said["id"]].outcome_set = said["outcome"]
            elif what == "calls":
                return as_json(self.calls)
            rows = [asdict(row) | {"outcome": row.outcome} for row in self.payments.values()]
        return as_json(rows)

    def _set_behaviours(self, said: dict[str, dict[str, Any]]) -> None:
        for phone, values in said.items():
            self.behaviours[phone] = Behaviour(**values)


def in_background(seconds: float, function: Any, *arguments: Any) -> None:
    """Call a function after some seconds."""
    timer = threading.Timer(max(seconds, 0), function, arguments)
    timer.daemon = True
    timer.start()


def post(world: World, url: str, body: dict[str, Any], method: str = "POST") -> None:
    """Send a notice once and remember how it was answered."""
    if not url:
        return
    request = urllib.request.Request(  # noqa: S310 (an address we were given)
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError:
        status = 0
    with world.lock:
        world.calls.append({"url": url, "method": method, "status": status})
        del world.calls[:-500]


def notify(world: World, payment: Payment, body: Any, forged: Any, method: str = "POST") -> None:
    """Plan the notices of a payment. `body` and `forged` make a notice when it goes out."""
    plan = payment.behaviour.notice
    if plan == "never" or payment.behaviour.outcome == "never":
        return
    wait = payment.decided_at - time.time() + 0.05
    if plan == "before":
        post(world, payment.callback_url, body(), method)
        return
    if plan == "forged-first":
        in_background(0.02, lambda: post(world, payment.callback_url, forged(), method))
    wait += 30 if plan == "late" else 0
    in_background(wait, lambda: post(world, payment.callback_url, body(), method))
    if plan == "twice":
        in_background(wait + 0.05, lambda: post(world, payment.callback_url, body(), method))
