from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from accounts.permissions import requires
from pharmacy.queries import knowledge, suggestions

Request = Any


@requires("prescribe", "dispense", "read_record")
def search(request: Request) -> HttpResponse:
    text = request.GET.get("q", "")[:80]
    loaded = knowledge()
    context = {"q": text, "choices": suggestions(text, 20), "knowledge": loaded}
    return render(request, "pharmacy/reference.html", context)
