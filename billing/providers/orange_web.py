"""Orange Web Payment: a page of Orange's on which the patient pays, and its status.

The notice carries neither order nor amount, only `notif_token`: it is compared, and the status asked.
"""

import json
from typing import Any

from billing.providers.wire import (
    Hint,
    Order,
    Sent,
    SilentError,
    basic,
    body_of,
    call,
    forget_token,
    plain,
    token,
)
from billing.rules import Answer

MAY_RESEND = True
CURRENCY = "XAF"


def _order_id(order: Order) -> str:
    """Return an order number of at most 30 characters; a lost answer is followed by a new one."""
    return f"{order.reference.replace('-', '')[:24]}-{order.number}"


def prepare(order: Order, config: dict[str, Any]) -> Sent:
    """Get the page to pay on. The number of the order is kept in front of the token, to ask by it later."""
    body = {
        "merchant_key": config["merchant_key"], "currency": config["currency"], "order_id": _order_id(order),
        "amount": int(order.amount), "return_url": order.return_url, "cancel_url": order.return_url,
        "notif_url": order.callback_url, "lang": "fr", "reference": plain(order.note, 30),
    }  # fmt: skip
    try:
        response = _with_token(config, "/webpayment", body)
    except SilentError as error:
        return Sent("silent", reason=str(error))
    said = body_of(response)
    if response.status_code not in (200, 201) or not said.get("pay_token"):
        refused = response.status_code in (400, 403)
        return Sent(
            "refused" if refused else "silent",
            reason=str(said.get("code") or f"http-{response.status_code}"),
        )
    return Sent(
        "accepted", provider_ref=f"{_order_id(order)}/{said['pay_token']}", proof=str(said["notif_token"]),
        redirect_url=str(said["payment_url"]),
    )  # fmt: skip


def send(order: Order, config: dict[str, Any]) -> Sent:
    """Return at once: the patient opens the page."""
    return Sent("accepted")


def ask(order: Order, config: dict[str, Any]) -> Answer:
    """Return the status of the order; without a page nobody could pay."""
    number, _, pay_token = order.provider_ref.partition("/")
    if not pay_token:
        return Answer("missing")
    body = {"order_id": number, "amount": int(order.amount), "pay_token": pay_token}
    try:
        response = _with_token(config, "/transactionstatus", body)
    except SilentError as error:
        return Answer("silent", str(error))
    said = body_of(response)
    if response.status_code not in (200, 201) or not said.get("status"):
        return Answer("silent", str(said.get("code") or f"http-{response.status_code}"))
    status = str(said["status"]).upper()
    outcome = {"SUCCESS": "succeeded", "FAILED": "failed", "EXPIRED": "failed"}.get(
        status, "pending"
    )
    theirs = str(said.get("order_id") or number)
    return Answer(
        outcome, "" if outcome == "succeeded" else status,
        reference=order.reference if theirs == number else theirs,
        transaction_id=str(said.get("txnid") or ""),
    )  # fmt: skip


def read(body: bytes) -> Hint | None:
    """Read a notice: status, notif_token and transaction, nothing else."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    if not isinstance(said, dict) or not said.get("notif_token") or not said.get("status"):
        return None
    return Hint(proof=str(said["notif_token"]))


def _with_token(config: dict[str, Any], path: str, body: Any) -> Any:
    for _ in range(2):
        headers = {"Authorization": f"Bearer {_token(config)}"}
        address = f"/orange-money-webpay/{config['country']}/v1{path}"
        response = call(config, "POST", address, headers=headers, json=body)
        if response.status_code != 401:
            return response
        forget_token(config)
    return response


def _token(config: dict[str, Any]) -> str:
    def fetch() -> tuple[str, int]:
        headers = {"Authorization": basic(config["client_id"], config["client_secret"])}
        form = {"grant_type": "client_credentials"}
        said = body_of(call(config, "POST", "/oauth/v3/token", headers=headers, form=form))
        if not said.get("access_token"):
            raise SilentError("token")
        return str(said["access_token"]), int(said.get("expires_in") or 3600)

    return token(config, fetch, spare=3600)
