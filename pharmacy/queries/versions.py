"""Which version of a prescription stands now."""

from clinic.converters import parse_id
from pharmacy.models import Prescription

MOST = 50


def newest_version(prescription: Prescription) -> Prescription:
    """Return the last version that replaced this one, or itself as it stands now."""
    latest = Prescription.objects.select_related("patient").get(pk=prescription.pk)
    for _ in range(MOST):
        if not latest.replaced_by_id:
            break
        following = parse_id(latest.replaced_by_id)
        latest = Prescription.objects.select_related("patient").get(pk=following)
    return latest
