"""Africa's Talking, through its SDK where that serves: one SMS to one number, and the account's balance.

The SDK writes the request. It hides status codes and has no base address (docs/adr/0007): the request itself is
made here, and every way it can end is told apart.
"""

import threading
import time
from decimal import Decimal, InvalidOperation
from typing import Any

import requests
from africastalking.Application import ApplicationService
from africastalking.SMS import SMSService
from django.conf import settings
from urllib3.exceptions import NewConnectionError

from notifications.rules import Outcome, Verdict, judge_answer

TIMEOUT = (3.05, 9.05)
IDLE_SECONDS = 20
_local = threading.local()


class Answered(Exception):  # noqa: N818 (an answer, not an error: the SDK lets no other way out)
    """The gateway's answer as it came."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def _session() -> requests.Session:
    """Return this thread's connections. One that was long idle may be closed at the other end: a new one then."""
    used = getattr(_local, "used", 0.0)
    if time.monotonic() - used > IDLE_SECONDS or not hasattr(_local, "session"):
        _local.session = requests.Session()
    _local.used = time.monotonic()
    session: requests.Session = _local.session
    return session


class _Sms(SMSService):  # type: ignore[misc]
    def _init_service(self) -> None:
        super()._init_service()
        if settings.AFRICASTALKING["url"]:
            self._baseUrl = self._contentUrl = f"{settings.AFRICASTALKING['url']}/version1"

    def _make_request(
        self, url: str, method: str, headers: Any, data: Any, params: Any, **_: Any
    ) -> Any:
        answer = _session().request(
            method, url, headers=headers, data=data, params=params, timeout=TIMEOUT
        )
        raise Answered(answer.status_code, answer.text)


class _Account(ApplicationService):  # type: ignore[misc]
    def _init_service(self) -> None:
        super()._init_service()
        if settings.AFRICASTALKING["url"]:
            self._baseUrl = f"{settings.AFRICASTALKING['url']}/version1"


def is_configured() -> bool:
    """Tell whether there is an account to send with; without one messages wait."""
    return bool(settings.AFRICASTALKING["api_key"])


def send(phone: str, text: str) -> Outcome:
    """Hand one SMS over and say what became of it. Raises nothing."""
    account = settings.AFRICASTALKING
    service = _Sms(account["username"], account["api_key"])
    try:
        service.send(text, [phone], sender_id=account["sender"] or None, timeout=TIMEOUT)
    except Answered as answer:
        return judge_answer(answer.status, answer.body)
    except ValueError as error:
        return Outcome(Verdict.REFUSED, "invalid-phone" if "phone" in str(error) else "refused")
    except requests.RequestException as error:
        return _judge_failure(error)
    return Outcome(Verdict.UNKNOWN, "no-answer")


def _judge_failure(error: requests.RequestException) -> Outcome:
    """Tell a connection that never was from one that broke after the message may have been taken."""
    if isinstance(error, requests.ConnectTimeout):
        return Outcome(Verdict.RETRY, "no-connection")
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NewConnectionError):
        return Outcome(Verdict.RETRY, "no-connection")
    if isinstance(error, requests.ReadTimeout):
        return Outcome(Verdict.UNKNOWN, "timeout")
    return Outcome(Verdict.UNKNOWN, "connection-lost")


def balance() -> Decimal | None:
    """Return the account's balance, or None when it cannot be learnt."""
    account = settings.AFRICASTALKING
    try:
        data = _Account(account["username"], account["api_key"]).fetch_application_data()
        return Decimal(str(data["UserData"]["balance"]).split(" ")[-1])
    except (requests.RequestException, KeyError, TypeError, InvalidOperation):
        return None
    except Exception:  # noqa: BLE001 (the SDK raises its own bare class for any refusal)
        return None
