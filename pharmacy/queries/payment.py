"""What was paid for the lines of a prescription, where the pharmacy it is addressed to asks for payment first."""

from accounts.models import Facility
from billing.queries import prepaid
from billing.rules import Prepaid
from clinic.converters import parse_id
from pharmacy.models import Prescription


def payments_of(prescription: Prescription) -> dict[str, Prepaid]:
    """Return, for each line that is still to be acted on, what was paid and what waits at the cashier's desk.

    Returns:
        Nothing where medicines are handed out before they are paid.
    """
    pharmacy = Facility.objects.filter(pk=parse_id(prescription.pharmacy_id)).first()
    if pharmacy is None or not pharmacy.payment_before_dispensing:
        return {}
    return prepaid([line.line_id for line in prescription.lines if line.is_live], pharmacy.pk)
