"""Ten weeks of prescriptions with what was stopped in them, and the other measures of Carnet's own effect.

Orders go through the actions of the pages, dated back: what fired is what the engine found. Times to open a record,
opinions and sign-ins are written in bulk, for only their number matters.
"""

import random
from datetime import datetime, timedelta

from accounts.models import Facility, User
from accounts.permissions import SYSTEM, Actor
from accounts.queries import actor_for
from audit.models import AccessEntry, AccessKind
from demo.actions.ids import demo_id
from patients.models import Patient
from pharmacy import actions as pharmacy
from pharmacy.actions.knowledge import note_interruption
from pharmacy.models import Prescription
from surveillance import actions as surveillance
from surveillance.models import OpeningWeek, OpinionWeek
from surveillance.rules.survey import MARKS
from surveillance.rules.timing import BUCKETS, bucket_of
from surveillance.rules.weeks import shift, week_of

WEEKS, ORDERS = 10, 90
PARACETAMOL = {
    "medicine": "paracétamol",
    "dose": "1",
    "unit": "g",
    "times": 3,
    "days": 3,
    "quantity": 9,
}
GLUCOSE = {
    "medicine": "glucose 5 %",
    "dose": "500",
    "unit": "mL",
    "route": "iv",
    "days": 1,
    "quantity": 1,
}
IBUPROFEN = {
    "medicine": "ibuprofène",
    "dose": "400",
    "unit": "mg",
    "times": 3,
    "days": 5,
    "quantity": 15,
}
WARFARIN = {"medicine": "warfarine", "dose": "5", "unit": "mg", "days": 30, "quantity": 30}
USUAL = (
    (PARACETAMOL, {"medicine": "vitamine C", "dose": "500", "unit": "mg", "days": 5, "quantity": 5}),
    ({"medicine": "amoxicilline", "dose": "1", "unit": "g", "times": 2, "days": 7, "quantity": 14}, PARACETAMOL),
    ({"medicine": "oméprazole", "dose": "20", "unit": "mg", "days": 14, "quantity": 14},),
    ({"medicine": "amlodipine", "dose": "5", "unit": "mg", "days": 30, "quantity": 30},),
    ({"medicine": "ciprofloxacine", "dose": "500", "unit": "mg", "times": 2, "days": 5, "quantity": 10},),
    (PARACETAMOL, {"medicine": "albendazole", "dose": "400", "unit": "mg", "days": 1, "quantity": 1}),
    (IBUPROFEN, PARACETAMOL),
)  # fmt: skip
DANGEROUS = ((GLUCOSE,), (WARFARIN, IBUPROFEN))


def load_effect(places: dict[str, Facility], staff: dict[str, User], now: datetime) -> None:
    """Write ten weeks of orders and measures, then count them."""
    chance = random.Random(77)  # noqa: S311 (the demo is the same each time)
    doctor = actor_for(staff["doctor2"], places["espoir"])
    pharmacist = actor_for(staff["pharmacist3"], places["gare"])
    known = Patient.objects.filter(
        facility_ids=str(places["espoir"].pk), birth_date__lt=now - timedelta(days=7300)
    )
    people = list(known.order_by("record_number")[10:200])
    diabetics = [p for p in people if any(c.code.startswith("E1") for c in p.history.conditions)]
    for number in range(ORDERS if people else 0):
        at = now - timedelta(days=3, hours=(ORDERS - number) * WEEKS * 168 / ORDERS)
        is_dangerous = number % 9 == 4
        lines = DANGEROUS[number // 9 % 2] if is_dangerous else chance.choice(USUAL)
        patient = chance.choice(
            diabetics if is_dangerous and lines[0] is GLUCOSE and diabetics else people
        )
        _order(patient, lines, number, doctor, pharmacist, at, places["gare"])
    _openings(now, chance)
    _opinions(places, now, chance)
    _sign_ins(places, staff, now)
    surveillance.measure(by=SYSTEM, now=now, weeks_back=WEEKS + 2)


def _order(
    patient: Patient, lines: tuple[dict[str, object], ...], number: int, doctor: Actor, pharmacist: Actor, at: datetime,
    counter: Facility,
) -> None:  # fmt: skip
    form_id = str(demo_id("order", number))
    written = [pharmacy.LineOrder(**line) for line in lines]  # type: ignore[arg-type]
    if number % 18 == 4:  # seen on the form, and written otherwise
        drafts = [pharmacy.line_of(order) for order in written]
        note_interruption(patient=patient, lines=drafts, by=doctor, now=at, form_id=form_id)
        written = [pharmacy.LineOrder(**PARACETAMOL)]  # type: ignore[arg-type]
    stored = pharmacy.prescribe(
        patient=patient,
        lines=written,
        by=doctor,
        now=at,
        pharmacy_id=str(counter.pk),
        form_id=form_id,
    )
    _hand_out(stored, pharmacist, at + timedelta(minutes=30))
    stored = Prescription.objects.get(pk=stored.pk)
    held = [line for line in stored.lines if line.status in ("on-hold", "draft")]
    if not held or number % 27 == 13:
        return
    if held[0].status == "draft" and number % 2:
        pharmacy.give_reason(
            prescription=stored, line_id=held[0].line_id, code="will-monitor", text="contrôle à J3", by=doctor,
            now=at + timedelta(hours=1),
        )  # fmt: skip
        _hand_out(Prescription.objects.get(pk=stored.pk), pharmacist, at + timedelta(hours=2))
        return
    instead = pharmacy.LineOrder(**PARACETAMOL)  # type: ignore[arg-type]
    changed = pharmacy.amend(
        prescription=stored,
        lines=[instead],
        reason="alerte suivie",
        by=doctor,
        now=at + timedelta(hours=1),
    )
    _hand_out(changed, pharmacist, at + timedelta(hours=2))


def _hand_out(prescription: Prescription, pharmacist: Actor, at: datetime) -> None:
    for line in prescription.lines:
        handover = pharmacy.Handover(
            line_id=line.line_id,
            quantity=max(line.quantity_left, 1),
            alone_reason="seul au comptoir",
        )
        try:
            pharmacy.dispense(prescription=prescription, handover=handover, by=pharmacist, now=at)
        except pharmacy.NotDispensableError:
            continue


def _openings(now: datetime, chance: random.Random) -> None:
    for weeks_ago in range(1, WEEKS):
        counts = [0] * BUCKETS
        for _ in range(chance.randrange(350, 500)):
            counts[bucket_of(chance.lognormvariate(3.9, 0.45))] += 1
        OpeningWeek.objects.create(
            what="page", week=shift(week_of(now.date()), -weeks_ago), counts=counts
        )


def _opinions(places: dict[str, Facility], now: datetime, chance: random.Random) -> None:
    for key in ("espoir", "lac"):
        for weeks_ago in range(1, WEEKS):
            marks = chance.choices(range(len(MARKS)), (40, 38, 15, 7), k=chance.randrange(3, 9))
            OpinionWeek.objects.create(
                facility_id=str(places[key].pk), country="CM", week=shift(week_of(now.date()), -weeks_ago),
                asked=len(marks) * 3, marks=[marks.count(number) for number in range(len(MARKS))],
            )  # fmt: skip


def _sign_ins(places: dict[str, Facility], staff: dict[str, User], now: datetime) -> None:
    """Write that the staff of two clinics signed in each week; some had a week off."""
    rows = []
    for number, username in enumerate(
        ("receptionist", "nurse", "doctor", "doctor2", "pharmacist", "receptionist2")
    ):
        place = places["lac" if username == "receptionist2" else "espoir"]
        rows += [
            AccessEntry(
                at=now - timedelta(weeks=weeks_ago, hours=number), kind=AccessKind.SIGN_IN,
                user_id=str(staff[username].pk), username=username, facility_id=str(place.pk),
                facility_name=place.name, route="login", method="POST",
            )
            for weeks_ago in range(1, WEEKS + 1)
            if (number + weeks_ago) % 7
        ]  # fmt: skip
    AccessEntry.objects.bulk_create(rows)
