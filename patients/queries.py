"""What pages read about patients: search, likely duplicates, the newest measurements, the banner."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bson import ObjectId

from accounts.models import User
from accounts.permissions import Actor, Role
from audit.models import AccessEntry
from audit.presentation import page_name
from audit.queries import who_has_seen
from patients.models import EmergencyAccess, Observation, Patient
from patients.permissions import visible_to
from patients.rules import LIKELY, Identity, Likeness, likeness, query_keys, search_keys, sound_keys

PAGE = 20
LOOKS = 300
VITALS = (
    "weight_kg", "height_cm", "temperature_c", "systolic_mmhg", "diastolic_mmhg", "pulse_per_min",
    "respiratory_rate_per_min", "oxygen_saturation_percent", "glucose_mmol_l", "muac_mm", "head_circumference_cm",
)  # fmt: skip
PREGNANCY_KNOWN_DAYS = 60
OBSERVATIONS_AT_ONCE = 400
# (age in days below which, days for which a weight counts)
WEIGHT_KNOWN_DAYS = ((365, 30), (5 * 365, 90), (12 * 365, 180), (18 * 365, 365))


def find_patients(*, by: Actor, text: str, limit: int = PAGE) -> list[Patient]:
    """Return the patients of the actor's facility that answer `text`, most recently seen first.

    Names, phone or record number; when nothing matches, names that sound alike.
    """
    base = visible_to(by)
    keys = query_keys(text)
    if text.strip() and not keys:
        return []
    rows = base.with_keys(keys, by.facility_id) if keys else base
    found = list(rows.order_by("-updated_at")[:limit])
    if not found and (sounds := sound_keys(text)):
        found = list(base.with_keys(sounds, by.facility_id).order_by("-updated_at")[:limit])
    for patient in found:
        by.note_seen("patients", patient.pk)
    return found


def find_elsewhere(*, by: Actor, text: str) -> Patient | None:
    """Return the one patient of any facility whose record number or full phone is `text`; clinicians only.

    It is the way to break-the-glass: nothing is found by name outside one's own facility.
    """
    keys = query_keys(text)
    if not by.may("read_record") or len(keys) != 1 or keys[0][:2] not in ("r:", "t:"):
        return None
    if keys[0].startswith("t:") and len(keys[0]) < 10:
        return None
    found = list(Patient.objects.with_keys(keys)[:2])
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class Duplicate:
    """A patient who may be the one being registered."""

    patient: Patient
    likeness: Likeness


def likely_duplicates(*, by: Actor, identity: Identity, limit: int = 5) -> list[Duplicate]:
    """Return likely duplicates in the actor's facility, most likely first, with score and reasons."""
    candidates: dict[Any, Patient] = {}
    for keys in _candidate_keys(identity):
        for patient in visible_to(by).with_keys(keys, by.facility_id)[:50]:
            candidates[patient.pk] = patient
    pairs = [
        Duplicate(patient, likeness(identity, patient.identity)) for patient in candidates.values()
    ]
    likely = [pair for pair in pairs if pair.likeness.score >= LIKELY]
    likely.sort(key=lambda pair: -pair.likeness.score)
    for pair in likely[:limit]:
        by.note_seen("patients", pair.patient.pk)
    return likely[:limit]


def _candidate_keys(identity: Identity) -> list[list[str]]:
    sounds = sorted(set(sound_keys(f"{identity.given_name} {identity.family_name}")))
    pairs = [[a, b] for i, a in enumerate(sounds) for b in sounds[i + 1 :]][:6] or [
        [key] for key in sounds[:1]
    ]
    phone = search_keys(given_name="", family_name="", phones=[identity.phone], record_number="")
    return pairs + ([[max(phone, key=len)]] if phone else [])


def newest_observations(patient: Patient) -> dict[str, Observation]:
    """Return the newest valid observation of each name for one patient.

    One query for most; however many vital signs somebody has, an older fact of another name is not forgotten.
    """
    newest: dict[str, Observation] = {}
    final = Observation.objects.filter(patient=patient, status="final").order_by("-taken_at")
    while True:
        rows = list(final.exclude(name__in=list(newest))[:OBSERVATIONS_AT_ONCE])
        for row in rows:
            newest.setdefault(row.name, row)
        if len(rows) < OBSERVATIONS_AT_ONCE:
            return newest


def same_set(patient: Patient, observation_id: ObjectId) -> list[Observation]:
    """Return the valid measurements that were entered together with this one; none when it is not the patient's."""
    rows = Observation.objects.filter(patient=patient)
    row = rows.filter(pk=observation_id).first()
    if row is None:
        return []
    together = rows.filter(set_id=row.set_id).order_by("name") if row.set_id else [row]
    return [one for one in together if one.status == "final"]


def usable_weight(
    observations: dict[str, Observation], patient: Patient, now: datetime
) -> Observation | None:
    """Return the newest weight, or None when the patient has grown since: a dose per kilogram needs today's child.

    A weight counts for 30 days below one year of age, 90 days below five, 180 below twelve, a year below eighteen,
    and after that without a limit (our policy: about the time in which a child's weight changes by a tenth).
    """
    row = observations.get("weight_kg")
    if row is None:
        return None
    age = patient.age_days(now.date())
    limits = (days for below, days in WEIGHT_KNOWN_DAYS if age < below)
    limit = next(limits, None)
    return row if limit is None or (now - row.taken_at).days <= limit else None


@dataclass(frozen=True)
class Pregnancy:
    """What is known of pregnancy and breastfeeding today."""

    pregnant: str  # yes, no, unknown
    weeks: int | None
    breastfeeding: str  # yes, no, unknown
    infant_age_days: int | None


def pregnancy_of(
    patient: Patient, observations: dict[str, Observation], now: datetime
) -> Pregnancy:
    """Derive pregnancy (weeks counted on to today) and breastfeeding from the newest observations."""
    if patient.sex == "M":
        return Pregnancy("no", None, "no", None)
    return Pregnancy(*_gestation(observations, now), *_breastfeeding(observations, now))


def _gestation(observations: dict[str, Observation], now: datetime) -> tuple[str, int | None]:
    row = observations.get("pregnancy")
    if row is None:
        return "unknown", None
    age = now - row.taken_at
    if row.value_text == "yes":
        weeks = None if row.value is None else row.value // 1000 + age.days // 7
        return ("unknown", None) if weeks is not None and weeks > 44 else ("yes", weeks)
    return ("no", None) if age <= timedelta(days=PREGNANCY_KNOWN_DAYS) else ("unknown", None)


def _breastfeeding(observations: dict[str, Observation], now: datetime) -> tuple[str, int | None]:
    row = observations.get("breastfeeding")
    if row is None:
        return "unknown", None
    if row.value_text != "yes":
        return "no", None
    days = None if row.value is None else row.value // 1000 + (now - row.taken_at).days
    return "yes", days


BannerSource = Callable[[Patient, datetime], dict[str, Any]]
_banner_sources: list[BannerSource] = []


def banner_source(source: BannerSource) -> BannerSource:
    """Let an app above this one add to the banner; called once, when the app is loaded."""
    if source not in _banner_sources:
        _banner_sources.append(source)
    return source


def banner(patient: Patient, now: datetime) -> dict[str, Any]:
    """Return what stays in sight above every page about a patient."""
    observations = newest_observations(patient)
    added: dict[str, Any] = {}
    for source in _banner_sources:
        added |= source(patient, now)
    return {
        **added,
        "patient": patient,
        "age_years": patient.age_years(now.date()),
        "age_days": patient.age_days(now.date()),
        "weight": observations.get("weight_kg"),
        "pregnancy": pregnancy_of(patient, observations, now),
        "observations": observations,
        "emergency": EmergencyAccess.objects.filter(patient=patient).order_by("-opened_at").first(),
    }


def today_in(facility: Any, now: datetime) -> date:
    """Return the calendar date at a facility."""
    return now.astimezone(ZoneInfo(facility.time_zone if facility else "Africa/Douala")).date()


@dataclass(frozen=True)
class Look:
    """One access to a record, in the words of somebody who asks who it was: no codes."""

    at: datetime
    who: str
    roles: list[str]
    place: str
    kind: str
    page: str
    reason: str


def who_looked(patient: Patient) -> list[Look]:
    """Return who was shown this record or changed it, newest first, at most LOOKS."""
    entries = who_has_seen(patient.pk, LOOKS)
    people = User.objects.in_bulk({entry.user_id for entry in entries if entry.user_id})
    names = {str(pk): str(user) for pk, user in people.items()}
    return [_look(entry, names) for entry in entries]


def _look(entry: AccessEntry, names: dict[str, str]) -> Look:
    labels = dict(Role.choices)
    return Look(
        at=entry.at,
        who=names.get(entry.user_id, entry.username),
        roles=[str(labels.get(role, role)) for role in entry.roles],
        place=entry.facility_name,
        kind=entry.get_kind_display(),
        page=str(page_name(entry.route)),
        reason=entry.reason,
    )
