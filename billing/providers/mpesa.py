"""Safaricom M-Pesa Express (STK push) and its query.

There is no idempotency key: a request whose answer was lost is not sent again. The query answers 'still being
processed' in two shapes, and gives neither amount nor receipt.
"""

import base64
import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from billing.providers.wire import (
    Hint,
    Order,
    Sent,
    SilentError,
    amount_in,
    basic,
    body_of,
    call,
    forget_token,
    plain,
    token,
)
from billing.rules import Answer

MAY_RESEND = False
CURRENCY = "KES"
# Only these end a payment; any other code, known or new, leaves it pending.
REFUSED = frozenset(
    (
        "1", "2", "3", "4", "8", "17", "1025", "1032", "2001", "2028", "8006", "9999", "SFC_IC0003", "E3008",
    )
)  # fmt: skip
# Nobody answered in time. A success can still follow: the attempt is over for the desk, and asked about for a day.
LAPSED = frozenset(("1019", "1037"))
# An error inside the provider: whether the prompt went out is not known, and it is not sent again.
UNSURE = frozenset(("500.003.1001",))
BAD_TOKEN = ("404.001.03", "400.003.01", "401.003.01")


def prepare(order: Order, config: dict[str, Any]) -> Sent:
    """Return at once: the reference comes with the push."""
    return Sent("accepted")


def send(order: Order, config: dict[str, Any]) -> Sent:
    """Push the prompt to the phone."""
    body = _signed(config) | {
        "TransactionType": config["transaction_type"], "Amount": int(order.amount),
        "PartyA": order.phone.removeprefix("+"), "PartyB": config.get("party_b") or config["short_code"],
        "PhoneNumber": order.phone.removeprefix("+"), "CallBackURL": order.callback_url,
        "AccountReference": plain(order.note, 12) or "Carnet", "TransactionDesc": plain(order.note, 13) or "Carnet",
    }  # fmt: skip
    try:
        response = _with_token(config, "/mpesa/stkpush/v1/processrequest", body)
    except SilentError as error:
        return Sent("silent", reason=str(error))
    said = body_of(response)
    if response.status_code == 200 and said.get("ResponseCode") == "0":
        return Sent("accepted", provider_ref=str(said["CheckoutRequestID"]))
    reason = str(
        said.get("errorCode") or said.get("ResponseCode") or f"http-{response.status_code}"
    )
    is_refused = bool(said.get("errorCode")) and reason not in UNSURE
    return Sent("refused" if is_refused else "silent", reason=reason)


def ask(order: Order, config: dict[str, Any]) -> Answer:
    """Return the status; without the provider's reference it cannot be asked."""
    if not order.provider_ref:
        return Answer("silent", "no-reference")
    body = _signed(config) | {"CheckoutRequestID": order.provider_ref}
    try:
        response = _with_token(config, "/mpesa/stkpushquery/v1/query", body)
    except SilentError as error:
        return Answer("silent", str(error))
    said = body_of(response)
    if said.get("errorCode"):
        processing = said["errorCode"] == "500.001.1001" and "process" in str(
            said.get("errorMessage")
        )
        return Answer("pending" if processing else "silent", str(said["errorCode"]))
    code = str(said.get("ResultCode", ""))
    if response.status_code != 200 or not code:
        return Answer("silent", f"http-{response.status_code}")
    return Answer(_outcome(code), "" if code == "0" else code)


def _outcome(code: str) -> str:
    if code == "0":
        return "succeeded"
    if code in LAPSED:
        return "lapsed"
    return "failed" if code in REFUSED else "pending"


def read(body: bytes) -> Hint | None:
    """Read a result: items by their name, since some come without a value."""
    try:
        result = json.loads(body)["Body"]["stkCallback"]
        checkout = str(result["CheckoutRequestID"])
        items = {
            item["Name"]: item.get("Value")
            for item in (result.get("CallbackMetadata") or {}).get("Item", [])
        }
    except (ValueError, KeyError, TypeError):
        return None
    amount, receipt = amount_in(items.get("Amount")), str(items.get("MpesaReceiptNumber") or "")
    return Hint(provider_ref=checkout, amount=amount, transaction_id=receipt)


def _signed(config: dict[str, Any]) -> dict[str, str]:
    # The wall clock of the provider: a request is signed with the minute it is sent in.
    stamp = datetime.now(ZoneInfo("Africa/Nairobi")).strftime("%Y%m%d%H%M%S")
    secret = f"{config['short_code']}{config['passkey']}{stamp}".encode()
    return {
        "BusinessShortCode": config["short_code"], "Password": base64.b64encode(secret).decode(), "Timestamp": stamp
    }  # fmt: skip


def _with_token(config: dict[str, Any], path: str, body: Any) -> Any:
    for _ in range(2):
        response = call(
            config, "POST", path, headers={"Authorization": f"Bearer {_token(config)}"}, json=body
        )
        if response.status_code != 401 and body_of(response).get("errorCode") not in BAD_TOKEN:
            return response
        forget_token(config)
    return response


def _token(config: dict[str, Any]) -> str:
    """Each new token ends the one before, so all workers share one."""

    def fetch() -> tuple[str, int]:
        headers = {"Authorization": basic(config["consumer_key"], config["consumer_secret"])}
        address = "/oauth/v1/generate?grant_type=client_credentials"
        said = body_of(call(config, "GET", address, headers=headers))
        if not said.get("access_token"):
            raise SilentError("token")
        return str(said["access_token"]), int(said.get("expires_in") or 3599)

    return token(config, fetch, spare=60)
