"""What a page of Carnet is called for the patient who asks what was looked at."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RECORD, IDENTITY = _("le dossier"), _("l’identité")
ALLERGIES, ILLNESSES, TAKEN = _("les allergies"), _("les affections"), _("les médicaments pris")
CONSULTATION, MEASURES = _("une consultation"), _("les constantes")
PRESCRIPTION, DISPENSING = _("une ordonnance"), _("la délivrance d’une ordonnance")
APPOINTMENTS, MONEY, MESSAGES = _("les rendez-vous"), _("la facturation"), _("les messages")
CHANGES = _("la traçabilité des modifications")
NAMES: dict[str, Any] = {
    "patient": RECORD,
    "patient-search": _("la recherche de patients"),
    "patient-duplicates": _("la recherche de doublons"),
    "patient-register": IDENTITY,
    "patient-edit": IDENTITY,
    "emergency": _("l’accès d’urgence"),
    "seen-by": _("cette liste"),
    "today": _("la liste du jour du médecin"),
    "day": APPOINTMENTS,
    "book": APPOINTMENTS,
    "walk-in": APPOINTMENTS,
    "vitals": MEASURES,
    "laboratory": _("des résultats de laboratoire"),
    "dispensary": _("les ordonnances en attente"),
    "dispense": DISPENSING,
    "ask-doctor": _("une question au médecin"),
    "line-reason": PRESCRIPTION,
    "prescribe": PRESCRIPTION,
    "bill": MONEY,
    "charge-add": MONEY,
    "deposit": MONEY,
    "billing": MONEY,
    "phone-desk": MESSAGES,
    "messages": MESSAGES,
    "message-again": MESSAGES,
    "patient-messages": MESSAGES,
    "patient-pin": _("le code secret du téléphone"),
}
FAMILIES: tuple[tuple[str, Any], ...] = (
    ("api", _("l’application (API)")),
    ("admin:auditlog", CHANGES),
    ("admin:", _("l’administration")),
    ("allergy", ALLERGIES),
    ("condition", ILLNESSES),
    ("medicine", TAKEN),
    ("consultation", CONSULTATION),
    ("prescription", PRESCRIPTION),
    ("dispensing", DISPENSING),
    ("appointment", APPOINTMENTS),
    ("invoice", MONEY),
    ("receipt", MONEY),
    ("refund", MONEY),
    ("waiver", MONEY),
    ("charge", MONEY),
    ("attempt", MONEY),
    ("day-", MONEY),
)


def page_name(route: str) -> str | Promise:
    """Return what a route shows, in words; the route itself where no word was given to it."""
    if route in NAMES:
        return NAMES[route]  # type: ignore[no-any-return]
    return next((words for start, words in FAMILIES if route.startswith(start)), route)
