"""MTN MoMo Collections: request to pay, and its status.

The reference is the provider's X-Reference-Id: sent twice it is answered 409 and asks the patient once.
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
TOKEN_SPARE = 600
# MTN answers some refusals with 500. Any other 5xx leaves it open whether the request stands.
REFUSED_WITH_500 = frozenset(
    (
        "NOT_ALLOWED", "NOT_ALLOWED_TARGET_ENVIRONMENT", "INVALID_CALLBACK_URL_HOST", "INVALID_CURRENCY",
        "PAYEE_NOT_ALLOWED_TO_RECEIVE", "PAYER_NOT_FOUND", "PAYEE_NOT_FOUND",
    )
)  # fmt: skip


def prepare(order: Order, config: dict[str, Any]) -> Sent:
    """Return at once: our own reference is all it takes."""
    return Sent("accepted")


def send(order: Order, config: dict[str, Any]) -> Sent:
    """Ask the patient to pay. 202 and 409 both mean that the request stands."""
    body = {
        "amount": str(order.amount), "currency": config.get("currency", order.currency),
        "externalId": order.reference.replace("-", ""),
        "payer": {"partyIdType": "MSISDN", "partyId": order.phone.removeprefix("+")},
        "payerMessage": plain(order.note, 160), "payeeNote": plain(order.note, 160),
    }  # fmt: skip
    headers = {"X-Reference-Id": order.reference}
    if config.get("send_callback_url", True):
        headers["X-Callback-Url"] = order.callback_url
    try:
        response = _with_token(config, "POST", "/collection/v1_0/requesttopay", headers, body)
    except SilentError as error:
        return Sent("silent", reason=str(error))
    if response.status_code in (202, 409):
        return Sent("accepted")
    reason = _reason(body_of(response))
    is_unsure = response.status_code >= 500 and reason not in REFUSED_WITH_500
    return Sent(
        "silent" if is_unsure else "refused", reason=reason or f"http-{response.status_code}"
    )


def ask(order: Order, config: dict[str, Any]) -> Answer:
    """Return the status of a request; what is not known is pending."""
    try:
        response = _with_token(
            config, "GET", f"/collection/v1_0/requesttopay/{order.reference}", {}, None
        )
    except SilentError as error:
        return Answer("silent", str(error))
    if response.status_code == 404:
        return Answer("missing")
    said = body_of(response)
    if response.status_code != 200 or "status" not in said:
        return Answer("silent", f"http-{response.status_code}")
    outcome = {"SUCCESSFUL": "succeeded", "FAILED": "failed"}.get(str(said["status"]), "pending")
    expected = config.get("currency")
    currency = str(said.get("currency") or "")
    return Answer(
        outcome, _reason(said), amount_in(said.get("amount")),
        order.currency if expected and currency == expected else currency,
        order.reference if said.get("externalId") == order.reference.replace("-", "") else str(said.get("externalId")),
        str(said.get("financialTransactionId") or ""),
    )  # fmt: skip


def read(body: bytes) -> Hint | None:
    """Read a notice; it has the shape of a status."""
    try:
        said = json.loads(body)
    except ValueError:
        return None
    if not isinstance(said, dict) or not (said.get("status") or said.get("transactionStatus")):
        return None
    amount, currency = amount_in(said.get("amount")), str(said.get("currency") or "")
    return Hint(reference=str(said.get("externalId") or ""), amount=amount, currency=currency)


def _reason(said: dict[str, Any]) -> str:
    reason = said.get("reason") or said.get("code") or ""
    return (
        str(reason.get("code") or reason.get("message") or "")
        if isinstance(reason, dict)
        else str(reason)
    )


def _with_token(
    config: dict[str, Any], method: str, path: str, headers: dict[str, str], body: Any
) -> Any:
    """Call with the shared token; when it is no longer taken, once more with a new one."""
    for _ in range(2):
        own = {
            "Authorization": f"Bearer {_token(config)}", "Ocp-Apim-Subscription-Key": config["subscription_key"],
            "X-Target-Environment": config["environment"],
        }  # fmt: skip
        response = call(config, method, path, headers=own | headers, json=body)
        if response.status_code != 401:
            return response
        forget_token(config)
    return response


def _token(config: dict[str, Any]) -> str:
    def fetch() -> tuple[str, int]:
        headers = {
            "Authorization": basic(config["api_user"], config["api_key"]),
            "Ocp-Apim-Subscription-Key": config["subscription_key"],
            "X-Target-Environment": config["environment"],
        }
        said = body_of(call(config, "POST", "/collection/token/", headers=headers))
        if not said.get("access_token"):
            raise SilentError("token")
        return str(said["access_token"]), int(said.get("expires_in") or 3600)

    return token(config, fetch, spare=TOKEN_SPARE)
