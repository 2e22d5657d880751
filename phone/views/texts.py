from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.permissions import requires
from notifications.actions import save_template
from notifications.alphabet import size
from notifications.queries import average_cost, own_texts, text_of
from notifications.texts import KINDS, LANGUAGES, SAMPLE, fill, standard_text
from phone.forms import TextForm
from phone.presentation import kind_text, language_name

Request = Any


@requires("manage_staff")
def listing(request: Request) -> HttpResponse:
    own = own_texts()
    kinds = [
        {
            "kind": kind,
            "label": kind_text(kind),
            "is_awaited": row.is_awaited,
            "texts": [
                {
                    "language": language,
                    "name": language_name(language),
                    "text": text_of(kind, language),
                    "is_own": bool(own.get(f"{kind}|{language}")),
                }
                for language in LANGUAGES
            ],
        }
        for kind, row in KINDS.items()
    ]
    return render(request, "phone/texts.html", {"kinds": kinds})


@requires("manage_staff")
def edit(request: Request, kind: str, language: str) -> HttpResponse:
    if kind not in KINDS or language not in LANGUAGES:
        raise Http404
    if "standard" in request.POST:
        return _save(request, kind, language, "")
    current = text_of(kind, language)
    form = TextForm(request.POST or None, initial={"text": current}, kind=kind)
    shown = current
    if request.method == "POST" and form.is_valid():
        if "save" in request.POST:
            return _save(request, kind, language, form.cleaned_data["text"])
        shown = form.cleaned_data["text"]
    context = {
        "kind": kind,
        "label": kind_text(kind),
        "language": language_name(language),
        "form": form,
        "preview": None if form.errors else _preview(request, shown),
        "words": [(f"{{{name}}}", SAMPLE[name]) for name in KINDS[kind].placeholders],
        "standard": standard_text(kind, language),
        "is_own": bool(own_texts().get(f"{kind}|{language}")),
    }
    return render(request, "phone/text.html", context)


def _preview(request: Request, text: str) -> dict[str, Any]:
    filled = fill(text, SAMPLE)
    found, price = size(filled), average_cost(request.actor.facility_id)
    cost = f"{price[0] * found.parts:.0f} {price[1]}" if price else ""
    return {"text": filled, "size": found, "cost": cost}


def _save(request: Request, kind: str, language: str, text: str) -> HttpResponse:
    save_template(kind=kind, language=language, text=text, by=request.actor, now=timezone.now())
    messages.success(
        request,
        _("Texte enregistré.") if text else _("Le texte de Carnet est de nouveau en vigueur."),
    )
    return redirect("message-texts")
