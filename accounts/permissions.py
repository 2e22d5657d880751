"""Who may: the roles, what each allows in a facility, and the actor on whose behalf things happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import Facility, User

PUBLIC = "public"
SIGNED_IN = "signed-in"

FACILITY_PERMISSIONS: list[Any] = [
    ("find_patients", _("Chercher des patients")),
    ("register_patients", _("Enregistrer et corriger l’identité")),
    ("report_facts", _("Noter ce que le patient déclare")),
    ("book_appointments", _("Gérer les rendez-vous et la file")),
    ("record_vitals", _("Saisir les constantes")),
    ("read_record", _("Lire le dossier clinique")),
    ("withdraw_facts", _("Retirer une allergie ou une affection")),
    ("write_consultations", _("Écrire des consultations")),
    ("prescribe", _("Prescrire")),
    ("dispense", _("Délivrer des médicaments")),
    ("run_laboratory", _("Tenir le laboratoire")),
    ("take_payments", _("Facturer et encaisser")),
    ("approve_payments", _("Approuver remises et remboursements")),
    ("send_messages", _("Envoyer des messages")),
    ("manage_staff", _("Gérer la structure et son personnel")),
    ("read_audit", _("Lire la traçabilité")),
    ("read_statistics", _("Lire les statistiques anonymes")),
    ("approve_knowledge", _("Approuver les connaissances médicamenteuses")),
]


class Role(models.TextChoices):
    RECEPTIONIST = "receptionist", _("Accueil")
    NURSE = "nurse", _("Infirmier·ère")
    DOCTOR = "doctor", _("Médecin")
    PHARMACIST = "pharmacist", _("Pharmacien·ne")
    LABORATORY = "laboratory", _("Technicien·ne de laboratoire")
    ADMINISTRATOR = "administrator", _("Administrateur·rice")
    AUTHORITY = "authority", _("Autorité sanitaire")


ROLE_PERMISSIONS: dict[str, frozenset[str]] = {
    Role.RECEPTIONIST: frozenset(
        {
            "find_patients",
            "register_patients",
            "report_facts",
            "book_appointments",
            "take_payments",
            "send_messages",
        }
    ),
    Role.NURSE: frozenset(
        {
            "find_patients",
            "register_patients",
            "report_facts",
            "book_appointments",
            "record_vitals",
            "read_record",
        }
    ),
    Role.DOCTOR: frozenset(
        {
            "find_patients",
            "register_patients",
            "report_facts",
            "book_appointments",
            "record_vitals",
            "read_record",
            "withdraw_facts",
            "write_consultations",
            "prescribe",
            "send_messages",
        }
    ),
    Role.PHARMACIST: frozenset({"dispense", "approve_knowledge"}),
    Role.LABORATORY: frozenset({"run_laboratory"}),
    Role.ADMINISTRATOR: frozenset(
        {"manage_staff", "read_audit", "send_messages", "approve_payments", "read_statistics"}
    ),
    Role.AUTHORITY: frozenset({"read_statistics"}),
}


@dataclass
class Actor:
    """Somebody at work: a person, in a facility, with what they may do there.

    Attributes:
        user: the person, or None for the system itself (a scheduled task).
        facility: where they work now, or None.
        permissions: codenames held on that facility (guardian decides).
        roles: roles held there, for the audit trail.
        seen: what this actor was shown during the request; the access middleware writes it down.
    """

    user: User | None
    facility: Facility | None
    permissions: frozenset[str] = frozenset()
    roles: tuple[str, ...] = ()
    address: str = ""
    seen: list[tuple[str, str]] = field(default_factory=list)
    reason: str = ""

    def may(self, permission: str) -> bool:
        """Tell whether this actor holds `permission` in the active facility."""
        return permission in (PUBLIC, SIGNED_IN) or permission in self.permissions

    def require(self, permission: str) -> None:
        """Raise PermissionDenied unless the actor may."""
        if not self.may(permission):
            raise PermissionDenied(permission)

    @property
    def facility_id(self) -> Any:
        """Return the active facility's id, or None."""
        return self.facility.pk if self.facility else None

    def note_seen(self, what: str, record_id: object) -> None:
        """Remember that `what` (a collection's name) with this id was shown."""
        pair = (what, str(record_id))
        if pair not in self.seen:
            self.seen.append(pair)


SYSTEM = Actor(user=None, facility=None, roles=("system",))

View = TypeVar("View", bound=Callable[..., Any])


def requires(*permissions: str) -> Callable[[View], View]:
    """Declare what a view needs: one of `permissions` in the active facility.

    `PUBLIC` lets anybody in, `SIGNED_IN` anybody with an account. The declaration stands on the view as
    `.permissions`; a test fails for a url without it.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: Any, *args: Any, **kwargs: Any) -> Any:
            refusal = _refusal(request, permissions)
            return refusal if refusal is not None else view(request, *args, **kwargs)

        guarded.permissions = permissions  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return declare


def _refusal(request: Any, permissions: tuple[str, ...]) -> Any:
    if PUBLIC in permissions:
        return None
    if not request.user.is_authenticated:
        from accounts.views import ask_to_sign_in  # noqa: PLC0415 (views import this module)

        return ask_to_sign_in(request)
    if not any(request.actor.may(permission) for permission in permissions):
        raise PermissionDenied(permissions[0])
    return None
