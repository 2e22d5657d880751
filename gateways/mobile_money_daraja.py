"""A stand-in of Safaricom's Daraja: token, STK push, its query, and the result that is called back.

As the real one: each new token ends the one before (404 with 404.001.03), the password is checked against the
body, a second push within a minute finds the subscriber locked, the same amount within two minutes ends with 17,
the query says 'pending' in two shapes, results come as numbers and query answers as strings, and `Balance` is an
item without a value. Paybill notices and reversals are not part of it.
"""

import base64
import binascii
import re
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from gateways.http import ConnectionDropped, Request, Response, as_json
from gateways.mobile_money import Payment, World, notify

WORLD = World()
KEY, SECRET = "stand-in-consumer", "stand-in-consumer-secret"
SHORT_CODE, PASSKEY = "174379", "stand-in-passkey"
CODES = {
    "success": ("0", "The service request is processed successfully."),
    "refused": ("1032", "Request cancelled by user"),
    "wrong-pin": ("2001", "The initiator information is invalid."),
    "no-funds": ("1", "The balance is insufficient for the transaction"),
    "unreachable": ("1037", "DS timeout user cannot be reached"),
    "expired": ("1019", "Transaction expired"),
    "repeated": ("17", "Rule limited"),
}
NEEDED = (
    "BusinessShortCode", "Password", "Timestamp", "TransactionType", "Amount", "PartyA", "PartyB", "PhoneNumber",
    "CallBackURL", "AccountReference",
)  # fmt: skip


def answer(request: Request) -> Response:
    """Answer one request."""
    if request.path.startswith("/_control/"):
        return WORLD.control(request)
    if request.path == "/oauth/v1/generate":
        return _token(request)
    if request.method != "POST":
        return _error(405, "405.001", "Method Not Allowed")
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if WORLD.tokens.get(token, 0) < time.time():
        return _error(404, "404.001.03", "Invalid Access Token")
    if request.path == "/mpesa/stkpush/v1/processrequest":
        return _push(request)
    if request.path == "/mpesa/stkpushquery/v1/query":
        return _query(request)
    return _error(404, "404.001.01", "Resource not found")


def _error(status: int, code: str, message: str) -> Response:
    return as_json(
        {"requestId": secrets.token_hex(8), "errorCode": code, "errorMessage": message}, status
    )


def _token(request: Request) -> Response:
    if request.query.get("grant_type") != "client_credentials":
        return _error(400, "400.008.02", "Invalid grant type passed")
    try:
        given = base64.b64decode(
            request.headers.get("authorization", "").removeprefix("Basic ")
        ).decode()
    except (binascii.Error, UnicodeDecodeError):
        given = ""
    if given != f"{KEY}:{SECRET}":
        return _error(400, "400.008.01", "Invalid Authentication passed")
    token = secrets.token_urlsafe(21)
    with WORLD.lock:
        WORLD.tokens = {token: time.time() + 3600}
    return as_json({"access_token": token, "expires_in": "3599"})


def _is_signed(body: dict[str, Any]) -> bool:
    try:
        given = base64.b64decode(str(body["Password"])).decode()
    except (binascii.Error, UnicodeDecodeError, KeyError):
        return False
    return (
        given == f"{SHORT_CODE}{PASSKEY}{body.get('Timestamp')}"
        and str(body["BusinessShortCode"]) == SHORT_CODE
    )


def _problem(body: dict[str, Any]) -> Response | None:
    missing = [name for name in NEEDED if body.get(name) in (None, "")]
    if missing:
        return _error(400, "400.002.02", f"Bad Request - Invalid {missing[0]}")
    if not body.get("TransactionDesc"):
        return _error(400, "400.002.02", "Bad Request - Invalid Remarks")
    if not re.fullmatch(r"254[17]\d{8}", str(body["PhoneNumber"])):
        return _error(400, "400.002.02", "Bad Request - Invalid PhoneNumber")
    if not re.fullmatch(r"[1-9]\d*", str(body["Amount"])):
        return _error(400, "400.002.02", "Bad Request - Invalid Amount")
    if not re.match(r"https?://\S+\.?\S*", str(body["CallBackURL"])):
        return _error(400, "400.002.02", "Bad Request - Invalid CallBackURL")
    if not re.fullmatch(r"\d{14}", str(body["Timestamp"])):
        return _error(400, "400.002.02", "Bad Request - Invalid Timestamp")
    return None if _is_signed(body) else _error(500, "500.001.1001", "Wrong credentials")


def _push(request: Request) -> Response:
    body = request.json()
    problem = _problem(body)
    if problem is not None:
        return problem
    phone, now = str(body["PhoneNumber"]), time.time()
    behaviour = WORLD.behaviour_of(phone)
    if behaviour.answer == "error":
        return _error(503, "500.003.02", "System is busy. Please try again in few minutes.")
    with WORLD.lock:
        earlier = [row for row in WORLD.payments.values() if row.phone == phone]
        if any(now - row.facts["at"] < 60 and row.outcome == "pending" for row in earlier):
            return _error(
                500,
                "500.001.1001",
                "Unable to lock subscriber, a transaction is already in process",
            )
        repeated = any(
            now - row.facts["at"] < 120 and row.amount == str(body["Amount"]) for row in earlier
        )
        checkout = f"ws_CO_{datetime.now(UTC):%d%m%Y%H%M%S}{secrets.randbelow(10**9):09d}"
        payment = Payment(
            checkout, phone, str(body["Amount"]), "KES", str(body["CallBackURL"]), behaviour,
            now + (behaviour.seconds or 0), {"at": now, "number": next(WORLD.numbers), "merchant": secrets.token_hex(8),
            "asked": 0}, "repeated" if repeated else "",
        )  # fmt: skip
        WORLD.payments[checkout] = payment
    notify(WORLD, payment, lambda: _result(payment), lambda: _forged(payment))
    if behaviour.answer == "cut":
        raise ConnectionDropped
    if behaviour.answer == "slow":
        time.sleep(30)
    return as_json(
        {"MerchantRequestID": payment.facts["merchant"], "CheckoutRequestID": checkout, "ResponseCode": "0",
         "ResponseDescription": "Success. Request accepted for processing",
         "CustomerMessage": "Success. Request accepted for processing"},
    )  # fmt: skip


def _query(request: Request) -> Response:
    body = request.json()
    if not _is_signed(body):
        return _error(500, "500.001.1001", "Wrong credentials")
    payment = WORLD.payments.get(str(body.get("CheckoutRequestID")))
    if payment is None:
        return _error(400, "400.002.02", "Bad Request - Invalid CheckoutRequestID")
    said = {
        "ResponseCode": "0", "ResponseDescription": "The service request has been accepted successsfully",
        "MerchantRequestID": payment.facts["merchant"], "CheckoutRequestID": payment.id,
    }  # fmt: skip
    if payment.outcome == "pending":
        payment.facts["asked"] += 1
        if payment.facts["asked"] % 2:
            return _error(500, "500.001.1001", "The transaction is being processed")
        return as_json(
            said | {"ResultCode": "4999", "ResultDesc": "The transaction is still under processing"}
        )
    code, text = CODES[payment.outcome]
    return as_json(said | {"ResultCode": code, "ResultDesc": text})


def _result(payment: Payment) -> dict[str, Any]:
    outcome = payment.behaviour.outcome if payment.outcome == "pending" else payment.outcome
    code, text = CODES[outcome]
    said: dict[str, Any] = {
        "MerchantRequestID": payment.facts["merchant"], "CheckoutRequestID": payment.id,
        "ResultCode": int(code), "ResultDesc": text,
    }  # fmt: skip
    if code == "0":
        amount = float(payment.amount) + (100 if payment.behaviour.amount_differs else 0)
        stamp = int(f"{datetime.now(UTC) + timedelta(hours=3):%Y%m%d%H%M%S}")
        receipt = f"TKM{payment.facts['number']:07d}"
        said["CallbackMetadata"] = {
            "Item": [
                {"Name": "Amount", "Value": amount}, {"Name": "MpesaReceiptNumber", "Value": receipt},
                {"Name": "Balance"}, {"Name": "TransactionDate", "Value": stamp},
                {"Name": "PhoneNumber", "Value": int(payment.phone)},
            ]
        }  # fmt: skip
    return {"Body": {"stkCallback": said}}


def _forged(payment: Payment) -> dict[str, Any]:
    said = {
        "MerchantRequestID": "0",
        "CheckoutRequestID": "ws_CO_FORGED",
        "ResultCode": 0,
        "ResultDesc": "ok",
    }
    return {"Body": {"stkCallback": said}}
