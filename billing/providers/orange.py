"""Orange Money Cameroon, the push to any phone: a pay token first, then the prompt, then its status.

The pay token is stored before the patient is asked: it is paid once at most, and used again it is answered 422.
"""

import json
from typing import Any

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

MAY_RESEND = True
CURRENCY = "XAF"
BASE = "/omcoreapis/1.0.2/mp"
FINAL = {"SUCCESSFULL": "succeeded", "SUCCESSFUL": "succeeded", "FAILED": "failed", "CANCELLED": "failed",
         "EXPIRED": "failed"}  # fmt: skip


def prepare(order: Order, config: dict[str, Any]) -> Sent:
    """Get the pay token."""
    try:
        response = _with_token(config, "POST", f"{BASE}/init", None)
    except SilentError as error:
        return Sent("silent", reason=str(error))
    pay_token = _data(response).get("payToken")
    if response.status_code != 200 or not pay_token:
        return Sent("silent", reason=f"http-{response.status_code}")
    return Sent("accepted", provider_ref=str(pay_token))


def send(order: Order, config: dict[str, Any]) -> Sent:
    """Ask the patient to pay with the token; 422 says that this was done before."""
    body = {
        "notifUrl": order.callback_url, "channelUserMsisdn": config["channel_msisdn"], "amount": str(order.amount),
        "subscriberMsisdn": order.phone.removeprefix("+237"), "pin": config["pin"],
        "orderId": order.reference.replace("-", "")[:20], "description": plain(order.note, 80),
        "payToken": order.provider_ref,
    }  # fmt: skip
    try:
        response = _with_token(config, "POST", f"{BASE}/pay", body)
    except SilentError as error:
        return Sent("silent", reason=str(error))
    data = _data(response)
    code = str(data.get("inittxnstatus") or "")
    if response.status_code == 422 or (response.status_code == 200 and code in ("200", "")):
        return Sent("accepted", provider_ref=order.provider_ref)
    if response.status_code >= 500:
        return Sent("silent", reason=f"http-{response.status_code}")
    return Sent("refused", reason=code or f"http-{response.status_code}")


def ask(order: Order, config: dict[str, Any]) -> Answer:
    """Return the status of the token; without one nobody was asked to pay."""
    if not order.provider_ref:
        return Answer("missing")
    try:
        response = _with_token(config, "GET", f"{BASE}/paymentstatus/{order.provider_ref}", None)
    except SilentError as error:
        return Answer("silent", str(error))
    if response.status_code == 404:
        return Answer("missing")
    data = _data(response)
    if response.status_code != 200 or not data.get("status"):
        return Answer("silent", f"http-{response.status_code}")
    outcome = FINAL.get(str(data["status"]).upper(), "pending")
    reason = str(data.get("confirmtxnstatus") or data.get("inittxnstatus") or data["status"])
    return Answer(
        outcome, "" if outcome == "succeeded" else reason, amount_in(data.get("amount")),
        transaction_id=str(data.get("txnid") or ""),
    )  # fmt: skip


def read(body: bytes) -> Hint | None:
    """Read a notice: a status and the pay token."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    data = said.get("data", said) if isinstance(said, dict) else None
    if not isinstance(data, dict) or not data.get("payToken"):
        return None
    return Hint(provider_ref=str(data["payToken"]), amount=amount_in(data.get("amount")))


def _data(response: Any) -> dict[str, Any]:
    data = body_of(response).get("data")
    return data if isinstance(data, dict) else {}


def _with_token(config: dict[str, Any], method: str, path: str, body: Any) -> Any:
    for _ in range(2):
        headers = {
            "Authorization": f"Bearer {_token(config)}",
            "X-AUTH-TOKEN": config["x_auth_token"],
        }
        response = call(config, method, path, headers=headers, json=body)
        if response.status_code != 401:
            return response
        forget_token(config)
    return response


def _token(config: dict[str, Any]) -> str:
    def fetch() -> tuple[str, int]:
        headers = {"Authorization": basic(config["client_id"], config["client_secret"])}
        said = body_of(
            call(
                config, "POST", "/token", headers=headers, form={"grant_type": "client_credentials"}
            )
        )
        if not said.get("access_token"):
            raise SilentError("token")
        return str(said["access_token"]), int(said.get("expires_in") or 3600)

    return token(config, fetch, spare=60)
