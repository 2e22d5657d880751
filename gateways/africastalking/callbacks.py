"""What the service sends to Carnet: delivery reports, incoming SMS, opt-outs. As forms, again until 200."""

import heapq
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from itertools import count
from urllib.parse import urlencode

from gateways.africastalking.world import WORLD, Sms

RETRY_SECONDS = (1, 2, 4, 8, 15, 30, 60)
_due: list[tuple[float, int, str, dict[str, str], int]] = []
_wake = threading.Condition()
_number = count()


def later(seconds: float, name: str, fields: dict[str, str], tries: int = 0) -> None:
    """Post `fields` to the callback `name` after some seconds."""
    with _wake:
        heapq.heappush(_due, (time.monotonic() + seconds, next(_number), name, fields, tries))
        _wake.notify()


def run() -> None:
    """Post what is due, for ever."""
    while True:
        with _wake:
            while not _due or _due[0][0] > time.monotonic():
                _wake.wait(max(_due[0][0] - time.monotonic(), 0.001) if _due else None)
            _, _, name, fields, tries = heapq.heappop(_due)
        if not post(name, fields) and tries < len(RETRY_SECONDS):
            later(RETRY_SECONDS[tries], name, fields, tries + 1)


def post(name: str, fields: dict[str, str]) -> bool:
    """Post a form now. Returns whether the answer was 200."""
    url = WORLD.callbacks.get(name, "")
    if not url:
        return True
    request = urllib.request.Request(url, urlencode(fields).encode())  # noqa: S310 (an address we were given)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError) as error:
        WORLD.failures.append(f"{name}: {error}"[:200])
        del WORLD.failures[:-50]
        return False


def report(sms: Sms, status: str, seconds: float, reason: str = "") -> None:
    """Send a delivery report about a message after some seconds."""
    sms.reports.append(status)
    fields = {"id": sms.id, "status": status, "phoneNumber": sms.number, "networkCode": "62401"}
    if reason:
        fields["failureReason"] = reason
    later(seconds, "delivery", fields)


def plan_reports(sms: Sms, ending: str) -> None:
    """Send the reports that this number gets."""
    faults, wait = WORLD.faults, WORLD.faults.report_seconds
    if ending == "701" or WORLD.hold_reports or WORLD.happens(faults.no_report):
        return
    if ending == "704":
        report(sms, "Failed", wait, "DeliveryFailure")
        return
    wait = 30.0 if ending == "705" else wait
    if ending == "703" or WORLD.happens(faults.out_of_order):
        report(sms, "Success", wait)
        report(sms, "Submitted", wait * 2 + 0.1)
        return
    report(sms, "Submitted", wait / 2)
    report(sms, "Success", wait)
    if ending == "702" or WORLD.happens(faults.twice):
        report(sms, "Success", wait * 2)
    if ending == "707":
        later(wait, "optout", {"senderId": "CARNET", "phoneNumber": sms.number})


def incoming(number: str, text: str, message_id: str = "") -> Sms:
    """Send Carnet a message that a phone wrote."""
    sms = WORLD.come_in(number, text)
    now = datetime.now(UTC)
    fields = {
        "date": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
        "from": number,
        "id": message_id or sms.id,
        "linkId": "",
        "text": text,
        "to": "8080",
        "networkCode": "62401",
    }
    later(0, "incoming", fields)
    return sms


def start() -> None:
    """Start the threads that post callbacks."""
    for _ in range(4):
        threading.Thread(target=run, daemon=True).start()
