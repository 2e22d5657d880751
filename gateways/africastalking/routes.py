"""The addresses of the stand-in: the service's own, the tests' controls, the simulator for people."""

import json
import time
from typing import Any

from gateways.africastalking import callbacks, simulator, ussd
from gateways.africastalking.world import API_KEY, PRICE, WORLD, Faults
from gateways.http import ConnectionDropped, Request, Response, as_json, as_text

REFUSALS = {
    "401": "RiskHold",
    "402": "InvalidSenderId",
    "403": "InvalidPhoneNumber",
    "404": "UnsupportedNumberType",
    "405": "InsufficientBalance",
    "406": "UserInBlacklist",
    "407": "CouldNotRoute",
    "409": "DoNotDisturbRejection",
    "500": "InternalServerError",
    "501": "GatewayError",
    "502": "RejectedByGateway",
}


def start(address: str) -> None:
    """Start the threads that post callbacks."""
    callbacks.start()


def answer(request: Request) -> Response:
    """Answer a request."""
    if request.path.startswith("/_control/"):
        return control(request)
    if request.path.startswith("/simulator"):
        return simulator.answer(request)
    if request.headers.get("apikey") != API_KEY:
        return as_text("The supplied authentication is invalid", 401)
    if request.path == "/version1/user":
        return as_json({"UserData": {"balance": f"XAF {WORLD.balance:.4f}"}})
    if request.path == "/version1/messaging" and request.method == "POST":
        return send(request)
    return as_text("The requested resource could not be found.", 404)


def send(request: Request) -> Response:
    """Take an SMS for one or several numbers, the legacy way."""
    form = request.form
    WORLD.attempts += 1
    if not form.get("to") or not form.get("message") or not form.get("username"):
        return as_text("Request is missing required form field", 400)
    numbers = form["to"].split(",")
    if len(numbers) == 1 and (special := _special(numbers[0], form["message"])):
        return special
    if WORLD.happens(WORLD.faults.busy):
        return as_text("Service Unavailable", 503)
    rows = [_recipient(number, form["message"]) for number in numbers]
    _misbehave()
    return _answered(rows)


def _ending(number: str) -> str:
    return number[-3:] if number[-6:-3] == "900" else ""


def _special(number: str, text: str) -> Response | None:
    ending = _ending(number)
    if ending == "603":
        return as_json({"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}, 201)
    if ending == "604":
        return as_text("Service Unavailable", 503)
    if ending not in ("601", "602", "605", "606"):
        return None
    row = _recipient(number, text)
    if ending == "601":
        raise ConnectionDropped
    if ending == "602":
        time.sleep(WORLD.faults.slow_seconds)
    if ending == "605":
        return as_text("Internal Server Error", 500)
    return _answered([row], "application/json; charset=utf-8")


def _misbehave() -> None:
    if WORLD.happens(WORLD.faults.lost):
        raise ConnectionDropped
    if WORLD.happens(WORLD.faults.slow):
        time.sleep(WORLD.faults.slow_seconds)


def _recipient(number: str, text: str) -> dict[str, Any]:
    ending = _ending(number)
    code = ending if ending in REFUSALS else ""
    if not code and WORLD.balance <= 0:
        code = "405"
    if not code and WORLD.happens(WORLD.faults.refused):
        code = "501"
    if code:
        return {
            "statusCode": int(code),
            "number": number,
            "status": REFUSALS[code],
            "cost": "0",
            "messageId": "None",
        }
    sms = WORLD.accept(number, text)
    if ending == "706":
        callbacks.post("delivery", {"id": sms.id, "status": "Success", "phoneNumber": number})
    else:
        callbacks.plan_reports(sms, ending)
    WORLD.balance -= 15
    return {
        "statusCode": 101,
        "number": number,
        "status": "Success",
        "cost": PRICE,
        "messageId": sms.id,
        "messageParts": 1,
    }


def _answered(rows: list[dict[str, Any]], content_type: str = "application/json") -> Response:
    sent = sum(row["messageId"] != "None" for row in rows)
    total = f"XAF {15 * sent:.4f}" if sent else "0"
    data = {"Message": f"Sent to {sent}/{len(rows)} Total Cost: {total}", "Recipients": rows}
    return as_json({"SMSMessageData": data}, 201, content_type)


def control(request: Request) -> Response:
    """Let a test look and steer: callbacks, faults, balance, reset, messages, incoming, ussd, report."""
    name = request.path.removeprefix("/_control/")
    data = json.loads(request.body or b"{}")
    if name == "messages":
        return as_json(WORLD.listing(request.query.get("number", "")))
    if name == "state":
        state = {"balance": WORLD.balance, "attempts": WORLD.attempts, "ends": WORLD.ussd_ends}
        return as_json({**state, "failures": WORLD.failures, "callbacks": WORLD.callbacks})
    action = CONTROLS.get(name)
    if action is None:
        return as_text("unknown control", 404)
    try:
        return as_json(action(data) or {})
    except ussd.UssdError as error:
        return as_json({"error": str(error)}, 409)


def _set_callbacks(data: dict[str, Any]) -> None:
    WORLD.callbacks.update(data)


def _set_faults(data: dict[str, Any]) -> None:
    WORLD.faults = Faults(**data)


def _set_balance(data: dict[str, Any]) -> None:
    WORLD.balance = float(data["balance"])


def _hold_reports(data: dict[str, Any]) -> None:
    WORLD.hold_reports = bool(data["hold"])


def _reset(data: dict[str, Any]) -> None:
    WORLD.reset()


def _incoming(data: dict[str, Any]) -> dict[str, Any]:
    return {"id": callbacks.incoming(data["number"], data["text"], data.get("id", "")).id}


def _ussd(data: dict[str, Any]) -> dict[str, Any]:
    """Dial (no `session`), type `entry`, replay the last hop, or hang up."""
    session = ussd.SESSIONS.get(data.get("session", "")) or ussd.Session(data["phone"])
    ussd.SESSIONS[session.id] = session
    if data.get("hang_up"):
        session.end()
        screen = session.last
    elif data.get("replay"):
        screen = session.replay()
    else:
        screen = session.send(data.get("entry"))
    return {
        "session": session.id,
        "screen": screen,
        "open": session.is_open,
        "warnings": session.warnings,
        "slowest": session.slowest,
    }


CONTROLS = {
    "callbacks": _set_callbacks,
    "faults": _set_faults,
    "balance": _set_balance,
    "hold-reports": _hold_reports,
    "reset": _reset,
    "incoming": _incoming,
    "ussd": _ussd,
}
