"""The places of the demo and who works there."""

from datetime import datetime

from accounts.actions import grant_role
from accounts.models import Currency, Facility, FacilityKind, User
from accounts.permissions import SYSTEM
from appointments.models import Doctor, WorkingHours
from consultations.models import Laboratory
from demo.actions.ids import demo_id
from pharmacy.models import Pharmacy

PASSWORD = "carnet-demo"  # noqa: S105 (the demo's, printed on its sign-in page)


STAFF = (
    # username, given name, family name, role, facilities
    ("receptionist", "Clarisse", "Etoundi", "receptionist", ("espoir",)),
    ("nurse", "Salamatou", "Bouba", "nurse", ("espoir",)),
    ("doctor", "Jeanne", "Mvondo", "doctor", ("espoir", "lac")),
    ("doctor2", "Hervé", "Kamga", "doctor", ("espoir",)),
    ("doctor3", "Odile", "Nkoulou", "doctor", ("lac",)),
    ("pharmacist", "Thomas", "Fotso", "pharmacist", ("espoir", "soleil")),
    ("pharmacist2", "Viviane", "Ngono", "pharmacist", ("soleil",)),
    ("pharmacist3", "Luc", "Wamba", "pharmacist", ("gare",)),
    ("laboratory", "Blaise", "Simo", "laboratory", ("labo",)),
    ("admin", "Martin", "Olinga", "administrator", ("espoir", "lac", "soleil", "gare", "labo")),
    ("authority", "Solange", "Ekani", "authority", ("delegation",)),
    ("receptionist2", "Prisca", "Toko", "receptionist", ("lac",)),
    ("kenya", "Faith", "Wanjiku", "doctor", ("nyota",)),
    ("kenya-desk", "Brian", "Otieno", "receptionist", ("nyota",)),
)


def make_facilities() -> dict[str, Facility]:
    """Return the facilities by key. Those of the last three districts only report: nobody signs in there."""
    kind = FacilityKind
    rows = {
        "espoir": Facility(
            name="Clinique de l’Espoir",
            kind=kind.CLINIC,
            city="Yaoundé",
            region="Centre",
            district="Biyem-Assi",
            address="Carrefour Biyem-Assi",
            phone="+237222310000",
            sms_name="Espoir",
        ),
        "lac": Facility(
            name="Centre médical du Lac",
            kind=kind.CLINIC,
            city="Yaoundé",
            region="Centre",
            district="Efoulan",
            address="Quartier du Lac",
            phone="+237222310001",
            sms_name="CM du Lac",
        ),
        "soleil": Facility(
            name="Pharmacie du Soleil",
            kind=kind.PHARMACY,
            city="Yaoundé",
            region="Centre",
            district="Biyem-Assi",
            address="Rond-point Express",
            phone="+237222310002",
            sms_name="Soleil",
        ),
        "gare": Facility(
            name="Pharmacie de la Gare",
            kind=kind.PHARMACY,
            city="Douala",
            region="Littoral",
            district="Deido",
            address="Bessengué",
            phone="+237233400000",
            sms_name="La Gare",
        ),
        "labo": Facility(
            name="Laboratoire Mfoundi",
            kind=kind.LABORATORY,
            city="Yaoundé",
            region="Centre",
            district="Biyem-Assi",
            phone="+237222310003",
            sms_name="Mfoundi",
        ),
        "nyota": Facility(
            name="Nyota Medical Centre",
            kind=kind.CLINIC,
            city="Kisumu",
            region="Kisumu",
            district="Kisumu Central",
            country="KE",
            currency=Currency.KES,
            time_zone="Africa/Nairobi",
            phone="+254572020000",
            sms_name="Nyota",
        ),
        "vert": Facility(
            name="Centre de santé de la Cité-Verte",
            kind=kind.CLINIC,
            city="Yaoundé",
            region="Centre",
            district="Cité-Verte",
            phone="+237222310004",
            sms_name="CS Cité-Verte",
        ),
        "djoungolo": Facility(
            name="Dispensaire de Djoungolo",
            kind=kind.CLINIC,
            city="Yaoundé",
            region="Centre",
            district="Djoungolo",
            phone="+237222310005",
            sms_name="Djoungolo",
        ),
        "deido": Facility(
            name="Centre médical de Deido",
            kind=kind.CLINIC,
            city="Douala",
            region="Littoral",
            district="Deido",
            phone="+237233400001",
            sms_name="CM Deido",
        ),
        "delegation": Facility(
            name="Délégation régionale de la santé du Centre",
            kind=kind.AUTHORITY,
            city="Yaoundé",
            region="Centre",
            sms_name="DRSP Centre",
        ),
    }
    for key, row in rows.items():
        row.id = demo_id("facility", key)
        row.save(force_insert=True)
    return rows


def make_staff(places: dict[str, Facility], now: datetime) -> dict[str, User]:
    """Return the staff by username, each with their roles."""
    staff: dict[str, User] = {}
    template = User()
    template.set_password(PASSWORD)
    for username, given, family, role, where in STAFF:
        user = User(
            id=demo_id("user", username),
            username=username,
            first_name=given,
            last_name=family,
            password=template.password,
            is_staff=role == "administrator",
            is_superuser=role == "administrator",
            email=f"{username}@example.org",
            phone="+237690000100" if role == "authority" else "",
            language="en" if username.startswith("kenya") else "fr",
            last_facility_id=str(places[where[0]].pk),
        )
        user.save(force_insert=True)
        for key in where:
            grant_role(user=user, facility=places[key], role=role, by=SYSTEM, now=now)
        staff[username] = user
    return staff


def make_profiles(places: dict[str, Facility], staff: dict[str, User]) -> None:
    """Give doctors their hours, pharmacies and the laboratory their licences."""
    mornings = [WorkingHours(weekday=day, start="08:00", end="12:40") for day in range(7)]
    afternoons = [WorkingHours(weekday=day, start="14:00", end="17:00") for day in range(5)]
    doctors = (
        ("doctor", "espoir", "Médecine générale", "CM-1042"), ("doctor2", "espoir", "Pédiatrie", "CM-2210"),
        ("doctor", "lac", "Médecine générale", "CM-1042"), ("doctor3", "lac", "Gynécologie", "CM-0876"),
        ("kenya", "nyota", "General practice", "KE-5512"),
    )  # fmt: skip
    for username, place, speciality, licence in doctors:
        Doctor.objects.create(
            id=demo_id("doctor", username, place), user=staff[username], facility=places[place], speciality=speciality,
            licence_number=licence, schedule=mornings + afternoons,
        )  # fmt: skip
    for key in ("espoir", "soleil", "gare"):
        Pharmacy.objects.create(
            id=demo_id("pharmacy", key),
            facility=places[key],
            licence_number=f"PH-{key[:3].upper()}-01",
        )
    Laboratory.objects.create(
        id=demo_id("laboratory"), facility=places["labo"], licence_number="LB-011"
    )
