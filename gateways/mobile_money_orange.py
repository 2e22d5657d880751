"""A stand-in of Orange Money Cameroon: the push to a phone (local API) and Web Payment with its page.

As the real ones: a pay token is paid once (422 afterwards), the local API spells `SUCCESSFULL`, Web Payment
takes an order number once, XAF in `cm` and OUV in `dev`, and its notice carries neither order nor amount.
"""

import base64
import binascii
import html
import secrets
import time
from typing import Any
from urllib.parse import parse_qs

from gateways.http import ConnectionDropped, Request, Response, as_json, as_text
from gateways.mobile_money import Behaviour, Payment, World, notify, post

WORLD = World()
CLIENT, SECRET = "stand-in-client", "stand-in-secret"
X_AUTH_TOKEN = base64.b64encode(b"stand-in-user:stand-in-password").decode()
CHANNEL, PIN, MERCHANT_KEY = "699000000", "2222", "stand-in-merchant"
LOCAL = "/omcoreapis/1.0.2/mp"
STATUS = {
    "pending": "PENDING", "success": "SUCCESSFULL", "refused": "CANCELLED", "wrong-pin": "FAILED",
    "no-funds": "FAILED", "expired": "EXPIRED",
}  # fmt: skip
WEB_STATUS = {"pending": "PENDING", "success": "SUCCESS", "expired": "EXPIRED"}
_address = {"base": ""}


def start(address: str) -> None:
    """Remember where this stand-in is reached."""
    _address["base"] = address


def answer(request: Request) -> Response:
    """Answer one request."""
    if request.path.startswith("/_control/"):
        return WORLD.control(request)
    if request.path.startswith("/page/"):
        return _page(request)
    if request.path in ("/token", "/oauth/v3/token", "/oauth/v2/token"):
        return _token(request)
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if WORLD.tokens.get(token, 0) < time.time():
        return as_json({"code": 42, "message": "Expired credentials", "description": "token"}, 401)
    if request.path.startswith(LOCAL):
        return _local(request, request.path.removeprefix(LOCAL))
    if request.path.startswith("/orange-money-webpay/"):
        return _web(request)
    return as_json({"code": 60, "message": "Resource not found", "description": ""}, 404)


def _token(request: Request) -> Response:
    try:
        given = base64.b64decode(
            request.headers.get("authorization", "").removeprefix("Basic ")
        ).decode()
    except (binascii.Error, UnicodeDecodeError):
        given = ""
    if given != f"{CLIENT}:{SECRET}" or request.form.get("grant_type") != "client_credentials":
        return as_json({"error": "invalid_client"}, 401)
    seconds = 3600 if request.path == "/token" else 7_776_000
    token = secrets.token_hex(20)
    WORLD.tokens[token] = time.time() + seconds
    expires: Any = str(seconds) if request.path == "/token" else seconds
    return as_json({"token_type": "Bearer", "access_token": token, "expires_in": expires})


def _local(request: Request, path: str) -> Response:
    if request.headers.get("x-auth-token") != X_AUTH_TOKEN:
        return as_json({"message": "Invalid X-AUTH-TOKEN"}, 403)
    if path == "/init":
        pay_token = f"MP{secrets.token_hex(12).upper()}"
        with WORLD.lock:
            WORLD.settings.setdefault("inits", {})[pay_token] = time.time()
        return as_json(
            {"message": "Payment request successfully initiated", "data": {"payToken": pay_token}}
        )
    if path == "/pay":
        return _pay(request)
    if path.startswith(("/paymentstatus/", "/push/")):
        return _local_status(path.rpartition("/")[2])
    return as_json({"message": "Not found"}, 404)


def _pay(request: Request) -> Response:
    body = request.json()
    pay_token, phone = str(body.get("payToken")), str(body.get("subscriberMsisdn", ""))
    if pay_token not in WORLD.settings.get("inits", {}):
        return as_json({"message": "Unknown payToken"}, 404)
    if len(phone) != 9 or body.get("channelUserMsisdn") != CHANNEL or body.get("pin") != PIN:
        return as_json({"message": "Invalid request", "data": {"inittxnstatus": "00671"}}, 400)
    behaviour = WORLD.behaviour_of(phone)
    if behaviour.answer == "error":
        return as_json({"message": "Service unavailable"}, 503)
    with WORLD.lock:
        if pay_token in WORLD.payments:
            return as_json({"message": "payToken already used"}, 422)
        payment = Payment(
            pay_token, phone, str(body["amount"]), "XAF", str(body.get("notifUrl", "")), behaviour,
            time.time() + (behaviour.seconds or 0), {"body": body, "number": next(WORLD.numbers)},
        )  # fmt: skip
        WORLD.payments[pay_token] = payment
    if not WORLD.settings.get("no_notices"):
        notify(
            WORLD,
            payment,
            lambda: _notice(payment),
            lambda: _notice(payment) | {"payToken": "MPFORGED"},
        )
    if behaviour.answer == "cut":
        raise ConnectionDropped
    if behaviour.answer == "slow":
        time.sleep(30)
    return as_json({"message": "Merchant payment successfully initiated", "data": _data(payment)})


def _data(payment: Payment) -> dict[str, Any]:
    number = payment.facts["number"]
    amount = int(payment.amount) + (100 if payment.behaviour.amount_differs else 0)
    outcome = payment.outcome
    return {
        "id": number, "createtime": str(int(payment.decided_at)), "subscriberMsisdn": payment.phone,
        "amount": amount, "payToken": payment.id, "txnid": f"MP{number:012d}", "txnmode": "order",
        "inittxnmessage": "Paiement initie avec succes", "inittxnstatus": "200",
        "confirmtxnstatus": {"no-funds": "60019"}.get(outcome), "confirmtxnmessage": None,
        "status": STATUS[outcome], "notifUrl": payment.callback_url, "description": "",
        "channelUserMsisdn": CHANNEL,
    }  # fmt: skip


def _local_status(pay_token: str) -> Response:
    payment = WORLD.payments.get(pay_token)
    if payment is not None:
        return as_json({"message": "Transaction retrieved successfully", "data": _data(payment)})
    if pay_token in WORLD.settings.get("inits", {}):
        return as_json(
            {"message": "ok", "data": {"payToken": pay_token, "status": "PENDING", "txnid": None}}
        )
    return as_json({"message": "Not found"}, 404)


def _notice(payment: Payment) -> dict[str, Any]:
    return {"payToken": payment.id, "status": STATUS[payment.outcome], "message": ""}


def _web(request: Request) -> Response:
    _, _, country, _, action = request.path.split("/", 4)
    body = request.json()
    if action == "transactionstatus":
        return _web_status(body)
    needed = (
        "merchant_key",
        "currency",
        "order_id",
        "amount",
        "return_url",
        "cancel_url",
        "notif_url",
        "lang",
    )
    missing = [name for name in needed if not body.get(name)]
    if missing:
        return as_json(
            {"code": 23, "message": "Missing body field", "description": missing[0]}, 400
        )
    if body["currency"] != {"dev": "OUV", "cm": "XAF"}.get(country) or len(body["order_id"]) > 30:
        return as_json(
            {"code": 24, "message": "Invalid body field", "description": "currency"}, 400
        )
    if body["merchant_key"] != MERCHANT_KEY:
        return as_json({"code": 50, "message": "Access denied", "description": "merchant"}, 403)
    with WORLD.lock:
        if any(row.facts.get("order_id") == body["order_id"] for row in WORLD.payments.values()):
            return as_json(
                {"code": 24, "message": "order_id already used", "description": "order_id"}, 400
            )
        pay_token = f"v1{secrets.token_hex(20)}"
        chosen = WORLD.behaviours.get(f"amount:{body['amount']}")  # no phone is known yet
        payment = Payment(
            pay_token, "", str(body["amount"]), body["currency"], body["notif_url"],
            chosen or Behaviour(**WORLD.settings.get("web", {})),
            time.time() + 600, {"order_id": body["order_id"], "return_url": body["return_url"],
            "notif_token": secrets.token_hex(16), "number": next(WORLD.numbers)},
        )  # fmt: skip
        WORLD.payments[pay_token] = payment
    if payment.behaviour.answer == "cut":
        raise ConnectionDropped
    url = f"{_address['base']}/page/{pay_token}"
    return as_json(
        {"status": 201, "message": "OK", "pay_token": pay_token, "payment_url": url,
         "notif_token": payment.facts["notif_token"]}, 201,
    )  # fmt: skip


def _web_status(body: dict[str, Any]) -> Response:
    payment = WORLD.payments.get(str(body.get("pay_token")))
    if payment is None or payment.facts["order_id"] != body.get("order_id"):
        return as_json({"code": 60, "message": "Resource not found", "description": ""}, 404)
    if str(body.get("amount")) != payment.amount:
        return as_json({"code": 24, "message": "Invalid body field", "description": "amount"}, 400)
    order_id = "another-order" if payment.behaviour.amount_differs else payment.facts["order_id"]
    return as_json({"status": _web_word(payment), "order_id": order_id, "txnid": _web_txn(payment)})


def _web_word(payment: Payment) -> str:
    if not payment.outcome_set and time.time() < payment.decided_at:
        return "INITIATED"
    return WEB_STATUS.get(payment.outcome, "FAILED") if payment.outcome_set else "EXPIRED"


def _web_txn(payment: Payment) -> str | None:
    return f"MP2611.{payment.facts['number']:06d}" if payment.outcome_set == "success" else None


def _page(request: Request) -> Response:
    """Show the page on which a customer pays, or take their choice."""
    payment = WORLD.payments.get(request.path.rpartition("/")[2])
    if payment is None:
        return as_text("Unknown payment", 404)
    if request.method == "POST":
        choice = parse_qs(request.body.decode()).get("choice", ["refused"])[0]
        settle_web(payment, choice)
        return Response(303, headers={"Location": payment.facts["return_url"]})
    amount = html.escape(f"{payment.amount} {payment.currency}")
    buttons = "".join(
        f'<button name="choice" value="{value}">{label}</button> '
        for value, label in (
            ("success", "Payer"),
            ("refused", "Refuser"),
            ("expired", "Laisser expirer"),
        )
    )
    page = f"<!doctype html><title>Orange Money</title><h1>{amount}</h1><form method='post'>{buttons}</form>"
    return as_text(page, 200, "text/html; charset=utf-8")


def settle_web(payment: Payment, choice: str) -> None:
    """End a web payment as the customer chose, and tell of it."""
    payment.outcome_set = choice
    payment.decided_at = time.time()
    body = {"status": "SUCCESS" if choice == "success" else "FAILED", "txnid": _web_txn(payment)}
    true = body | {"notif_token": payment.facts["notif_token"]}
    if payment.behaviour.notice == "forged-first":
        post(WORLD, payment.callback_url, body | {"status": "SUCCESS", "notif_token": "0" * 32})
    times = {"never": 0, "twice": 2}.get(payment.behaviour.notice, 1)
    for _ in range(0 if choice == "expired" else times):
        post(WORLD, payment.callback_url, true)
