from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.permissions import requires
from pharmacy.presentation import KIND_LABELS
from pharmacy.queries import knowledge, suggestions
from pharmacy.queries.reference import medicine, near_medicines, page_language, states

Request = Any
READERS = ("prescribe", "dispense", "read_record", "approve_knowledge", "manage_staff")


@requires(*READERS)
def search(request: Request) -> HttpResponse:
    text = request.GET.get("q", "")[:80].strip()
    found = medicine(text, page_language()) if text else None
    choices = [] if found else suggestions(text, 20)
    context: dict[str, Any] = {
        "q": text,
        "medicine": found,
        "choices": choices,
        "near": near_medicines(text) if text and not found and not choices else (),
        "knowledge": knowledge(),
        "kind_labels": KIND_LABELS,
    }
    if found:
        context["states"] = states(
            [*found.doses, *(entry for _, entries in found.rules for entry in entries)]
        )
    return render(request, "pharmacy/reference.html", context)
