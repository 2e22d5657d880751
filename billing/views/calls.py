from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from accounts.permissions import PUBLIC, requires
from billing.actions import phone
from billing.models import PaymentAttempt

Request = Any
BODY_LIMIT = 20_000


@csrf_exempt
@requires(PUBLIC)
def provider_call(request: Request, token: str) -> HttpResponse:
    """Take a provider's notice: 200 for what is authentic or a duplicate, 404 for all else."""
    now = timezone.now()
    if request.method not in ("POST", "PUT"):
        return HttpResponse(status=405)
    address = _address(request)
    length = request.META.get("CONTENT_LENGTH") or "0"
    is_large = not length.isdigit() or int(length) > BODY_LIMIT
    body = b"" if is_large else request.read(BODY_LIMIT + 1)
    call = phone.Call(token=token, method=request.method, body=body, address=address)
    if is_large:
        phone.refuse_call(call=call, reason="too-large", now=now)
        return HttpResponse(status=413)
    if not phone.hear(call=call, now=now):
        return HttpResponse(status=404)
    return JsonResponse({"ResultCode": 0, "ResultDesc": "Accepted"})


def _address(request: Request) -> str:
    """Return the peer; behind the proxy, what the proxy saw last, never what the caller claims."""
    claimed = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.PRODUCTION and claimed:
        return str(claimed).rpartition(",")[2].strip()[:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


@requires(PUBLIC)
def payment_return(request: Request, token: str) -> HttpResponse:
    """Show a patient who comes back from the provider's page what is known: coming back proves nothing."""
    attempt = PaymentAttempt.objects.filter(callback_token=token).select_related("facility").first()
    return render(
        request, "billing/return.html", {"attempt": attempt}, status=200 if attempt else 404
    )
