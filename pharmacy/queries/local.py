"""What holds for the patients that a facility follows, besides the knowledge: its own rules and raised severities."""

from collections.abc import Iterable

from pharmacy.models import FacilityRule, FacilityRuleKind, RuleStatus
from pharmacy.safety.local import AddedRule, Local, Raised


def local_rules(facility_ids: Iterable[str]) -> Local:
    """Return the rules in force of the facilities that follow a patient, in a fixed order.

    They protect the patient wherever a line is prescribed, amended, repeated or dispensed.
    """
    rows = FacilityRule.objects.filter(
        facility_id__in=list(facility_ids), status=RuleStatus.ACTIVE
    ).select_related("facility")
    return local_of(sorted(rows, key=lambda row: row.rule_id))


def local_of(rows: Iterable[FacilityRule]) -> Local:
    """Return stored rules as the engine reads them."""
    stored = list(rows)
    return Local(
        added=tuple(added_rule(row) for row in stored if row.kind == FacilityRuleKind.ADD),
        raised=tuple(
            Raised(row.base_rule, row.severity, row.rule_id)
            for row in stored
            if row.kind == FacilityRuleKind.RAISE
        ),
    )


def added_rule(row: FacilityRule) -> AddedRule:
    """Return an added rule as the engine reads it."""
    return AddedRule(
        id=row.rule_id, drug=row.drug, trigger=row.trigger, value=row.value, severity=row.severity,
        fr=row.message_fr, en=row.message_en, do_fr=row.do_fr, do_en=row.do_en, source=f"{row.facility} : {row.reason}",
    )  # fmt: skip
