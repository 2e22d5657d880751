"""A stand-in of MTN MoMo Collections: token, request to pay, status, one notice without a second try.

As the real one: the reference must be a new UUID of version 4 (409 when it is known), notes have at most 160
characters and no apostrophe, the currency is EUR in the sandbox and XAF in Cameroon, amounts are normalised,
a reason is a word or an object, a notice comes by PUT or POST. Settings by `_control/settings`: `callback_host`,
`new_platform` (refuses clients that call themselves python-requests).
"""

import base64
import binascii
import secrets
import time
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from gateways.http import ConnectionDropped, Request, Response, as_json, as_text
from gateways.mobile_money import Behaviour, Payment, World, notify

WORLD = World()
SUBSCRIPTION_KEY = "stand-in-collections"
USER, KEY = "5f1b0f4e-0d0a-4a5f-9c3e-0f5f3c1d2e11", "stand-in-api-key"
CURRENCIES = {"sandbox": "EUR", "mtncameroon": "XAF"}
LIFETIME = 3600
MAGIC = {
    "46733123450": Behaviour("no-funds", 0), "46733123451": Behaviour("refused", 0),
    "46733123452": Behaviour("expired", 0), "46733123453": Behaviour("never"),
    "46733123454": Behaviour("success", 25),
}  # fmt: skip
REASONS = {
    "refused": "APPROVAL_REJECTED", "wrong-pin": "COULD_NOT_PERFORM_TRANSACTION", "no-funds": "NOT_ENOUGH_FUNDS",
    "expired": "EXPIRED",
}  # fmt: skip


def answer(request: Request) -> Response:
    """Answer one request."""
    if request.path.startswith("/_control/"):
        return WORLD.control(request)
    if WORLD.settings.get("new_platform") and "python-requests" in request.headers.get(
        "user-agent", ""
    ):
        return as_text("<html><h1>403 Forbidden</h1></html>", 403, "text/html")
    if request.headers.get("ocp-apim-subscription-key") != SUBSCRIPTION_KEY:
        return as_json(
            {"statusCode": 401, "message": "Access denied due to invalid subscription key."}, 401
        )
    if request.path == "/collection/token/":
        return _token(request)
    refusal = _refusal(request)
    if refusal is not None:
        return refusal
    if request.path == "/collection/v1_0/requesttopay" and request.method == "POST":
        return _request_to_pay(request)
    if request.path.startswith("/collection/v1_0/requesttopay/") and request.method == "GET":
        return _status(request.path.rpartition("/")[2])
    if request.path.endswith("/active"):
        return as_json({"result": True})
    if request.path == "/collection/v1_0/account/balance":
        return as_json({"availableBalance": "100000", "currency": _currency(request)})
    return as_json({"statusCode": 404, "message": "Resource not found"}, 404)


def _token(request: Request) -> Response:
    try:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        given = base64.b64decode(value).decode()
    except (binascii.Error, UnicodeDecodeError):
        given, scheme = "", ""
    if scheme != "Basic" or given != f"{USER}:{KEY}":
        return as_json({"error": "login_failed"}, 401)
    token = secrets.token_hex(20)
    WORLD.tokens[token] = time.time() + LIFETIME
    return as_json({"access_token": token, "token_type": "access_token", "expires_in": LIFETIME})


def _refusal(request: Request) -> Response | None:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if WORLD.tokens.get(token, 0) < time.time():
        return as_json({"message": "Unauthorized", "code": "401"}, 401)
    if request.headers.get("x-target-environment") not in CURRENCIES:
        return _error(
            500, "NOT_ALLOWED_TARGET_ENVIRONMENT", "Access to target environment is forbidden."
        )
    return None


def _currency(request: Request) -> str:
    return CURRENCIES[request.headers["x-target-environment"]]


def _error(status: int, code: str, message: str) -> Response:
    return as_json({"message": message, "code": code}, status)


def _request_to_pay(request: Request) -> Response:
    body = request.json()
    reference = request.headers.get("x-reference-id", "")
    problem = _problem(request, reference, body)
    if problem is not None:
        return problem
    phone = str(body["payer"]["partyId"])
    behaviour = MAGIC.get(phone) or WORLD.behaviour_of(phone)
    if behaviour.answer == "error":
        return _error(
            503, "SERVICE_UNAVAILABLE", "Service temporarily unavailable, try again later."
        )
    with WORLD.lock:
        if reference in WORLD.payments:
            return _error(
                409,
                "RESOURCE_ALREADY_EXIST",
                "Duplicated reference id. Creation of resource failed.",
            )
        payment = Payment(
            reference, phone, _normal(body["amount"]), body["currency"], request.headers.get("x-callback-url", ""),
            behaviour, time.time() + (behaviour.seconds or 0), {"body": body, "number": next(WORLD.numbers)},
        )  # fmt: skip
        WORLD.payments[reference] = payment
    method = "PUT" if payment.facts["number"] % 2 else "POST"
    notify(WORLD, payment, lambda: _shown(payment), lambda: _forged(payment), method)
    if behaviour.answer == "cut":
        raise ConnectionDropped
    if behaviour.answer == "slow":
        time.sleep(30)
    return Response(202)


def _problem(request: Request, reference: str, body: dict[str, Any]) -> Response | None:
    if not _is_uuid4(reference):
        return _error(400, "INVALID_REFERENCE", "X-Reference-Id must be a UUID of version 4.")
    notes = f"{body.get('payerMessage', '')}{body.get('payeeNote', '')}"
    if (
        any(len(str(body.get(name, ""))) > 160 for name in ("payerMessage", "payeeNote"))
        or "'" in notes
    ):
        return _error(400, "BAD_REQUEST", "Request body is not valid.")
    if body.get("currency") != _currency(request):
        return _error(500, "INVALID_CURRENCY", "Currency not supported.")
    try:
        is_wrong = Decimal(str(body["amount"])) <= 0 or not isinstance(body["amount"], str)
    except (InvalidOperation, KeyError):
        is_wrong = True
    if is_wrong or body.get("payer", {}).get("partyIdType") != "MSISDN":
        return _error(400, "BAD_REQUEST", "Request body is not valid.")
    url, host = request.headers.get("x-callback-url", ""), WORLD.settings.get("callback_host")
    if url and host and urlsplit(url).hostname != host:
        text = "Callback URL does not match the configured value."
        return _error(500, "INVALID_CALLBACK_URL_HOST", text)
    return None


def _is_uuid4(text: str) -> bool:
    try:
        return uuid.UUID(text).version == 4
    except ValueError:
        return False


def _normal(amount: str) -> str:
    """Return an amount as the service shows it: `12.50` becomes `12.5`."""
    text = format(Decimal(amount), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _status(reference: str) -> Response:
    payment = WORLD.payments.get(reference)
    if payment is None:
        return _error(404, "RESOURCE_NOT_FOUND", "Requested resource was not found.")
    return as_json(_shown(payment))


def _shown(payment: Payment) -> dict[str, Any]:
    asked = payment.facts["body"]
    amount = (
        str(int(Decimal(payment.amount)) + 100)
        if payment.behaviour.amount_differs
        else payment.amount
    )
    shown: dict[str, Any] = {
        "externalId": asked.get("externalId"), "amount": amount, "currency": payment.currency,
        "payer": asked["payer"], "payerMessage": asked.get("payerMessage"), "payeeNote": asked.get("payeeNote"),
    }  # fmt: skip
    outcome = payment.outcome
    if outcome == "pending":
        young = time.time() < payment.decided_at - (payment.behaviour.seconds or 0) / 2
        return shown | {
            "status": "CREATED" if young and payment.facts["number"] % 3 == 0 else "PENDING"
        }
    if outcome == "success":
        return shown | {
            "status": "SUCCESSFUL",
            "financialTransactionId": str(1_000_000 + payment.facts["number"]),
        }
    reason = REASONS.get(outcome, "INTERNAL_PROCESSING_ERROR")
    as_object = payment.facts["number"] % 2
    return shown | {
        "status": "FAILED",
        "reason": {"code": reason, "message": reason} if as_object else reason,
    }


def _forged(payment: Payment) -> dict[str, Any]:
    return _shown(payment) | {
        "externalId": "0" * 32,
        "status": "SUCCESSFUL",
        "financialTransactionId": "1",
    }
