"""What is read of the trail: who has seen a record."""

from audit.models import AccessEntry


def who_has_seen(patient_id: object, limit: int = 300) -> list[AccessEntry]:
    """Return the entries in which a patient was shown or changed, newest first."""
    return list(
        AccessEntry.objects.filter(patient_ids__contains=[str(patient_id)]).order_by("-at")[:limit]
    )
