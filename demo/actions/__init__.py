"""The demo clinic: the same each time, lifelike, and of nobody.

It writes through the same actions as the pages where care is concerned, and in bulk where only the number of
patients matters.
"""

from datetime import datetime

from accounts.queries import actor_for
from demo.actions.care import give_care
from demo.actions.ids import demo_id
from demo.actions.people import make_patients
from demo.actions.places import PASSWORD, STAFF, make_facilities, make_profiles, make_staff
from demo.billing import set_prices, take_money
from demo.effect import load_effect
from demo.epidemics import load_epidemics
from demo.phones import load_phones
from patients.models import Patient
from pharmacy.models import Prescription

__all__ = ["PASSWORD", "STAFF", "demo_id", "load"]


def load(*, size: int, now: datetime) -> dict[str, int]:
    """Load the demo clinic into an empty database.

    Args:
        size: how many patients.
        now: what "today" is for appointments and ages.

    Returns:
        How many patients and prescriptions there are. Nothing is changed when there are patients already.
    """
    if Patient.objects.exists():
        return {"patients": 0, "prescriptions": 0}
    places = make_facilities()
    staff = make_staff(places, now)
    make_profiles(places, staff)
    make_patients(places, size, now)
    set_prices(places, staff, now)
    give_care(places, staff, now)
    take_money(places, staff, now)
    load_phones(places, now)
    authority = actor_for(staff["authority"], places["delegation"])
    load_epidemics(places, staff["doctor2"], authority, now)
    load_effect(places, staff, now)
    return {"patients": Patient.objects.count(), "prescriptions": Prescription.objects.count()}
