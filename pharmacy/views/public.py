from typing import Any

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.permissions import PUBLIC, requires
from pharmacy import forms
from pharmacy.models import Prescription
from pharmacy.queries import public_verdicts

Request = Any
LOOKUPS_A_MINUTE = 10


@requires(PUBLIC)
def verify(request: Request, code: str = "") -> HttpResponse:
    if _is_too_often(request):
        page = {"form": forms.CodeForm(), "too_often": True}
        response = render(request, "pharmacy/verify.html", page, status=429)
        response["Retry-After"] = "60"
        return response
    if request.method == "POST":
        form = forms.CodeForm(request.POST)
        return (
            redirect("verify-code", form.cleaned_data["code"])
            if form.is_valid() and form.cleaned_data["code"]
            else redirect("verify")
        )
    if not code:
        return render(request, "pharmacy/verify.html", {"form": forms.CodeForm()})
    wanted = forms.CodeForm({"code": code})
    prescription = (
        Prescription.objects.filter(code=wanted.cleaned_data["code"])
        .select_related("patient", "facility")
        .first()
        if wanted.is_valid()
        else None
    )
    context = {
        "form": forms.CodeForm(),
        "code": code[:20],
        "found": prescription is not None,
        "now": timezone.now(),
    }
    if prescription is not None:
        request.actor.note_seen("prescriptions", prescription.pk)
        context["zone"] = prescription.facility.time_zone
        context["rows"] = public_verdicts(prescription, timezone.now())
    return render(request, "pharmacy/verify.html", context, status=200 if prescription else 404)


def _is_too_often(request: Request) -> bool:
    key = f"verify:{request.META.get('REMOTE_ADDR', '')}:{timezone.now():%H%M}"
    cache.add(key, 0, 120)
    return int(cache.incr(key)) > LOOKUPS_A_MINUTE
