"""How alerts fare, per rule: shown, heeded, overridden. From the checks stored, the reasons given, the amendments."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accounts.permissions import Actor
from pharmacy.models import Prescription, SafetyCheck
from pharmacy.safety.model import RANK

NEWEST = 20_000
LEAST_PATIENTS = 2
WRITING = ("interrupt", "prescribe", "amend", "reason")


@dataclass
class RuleCount:
    """What became of one rule's alerts, counted by order (one form, or one prescription with its versions).

    Attributes:
        shown: orders in which it fired at moderate or above; `interrupted`: at major or above.
        heeded: interrupting ones that no longer stand in the newest version (changed, cancelled or given up).
        overridden: kept with a doctor's reason. What is neither is still open.
    """

    rule: str
    severity: str
    shown: int = 0
    interrupted: int = 0
    heeded: int = 0
    overridden: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def open(self) -> int:
        """Return interrupting alerts that are neither heeded nor overridden: held, or waiting for a reason."""
        return max(self.interrupted - self.heeded - self.overridden, 0)

    @property
    def overridden_percent(self) -> int | None:
        """Return the share overridden of those decided, or None when none was."""
        decided = self.heeded + self.overridden
        return round(100 * self.overridden / decided) if decided else None


@dataclass
class _Order:
    """The checks of one order, and the prescription it became, with all its versions."""

    fired: dict[str, str] = field(default_factory=dict)
    versions: list[Prescription] = field(default_factory=list)


def alert_counts(actor: Actor, now: datetime, days: int = 90) -> list[RuleCount]:
    """Return the counts of the actor's facility in the last days, most overridden first."""
    since = now - timedelta(days=days)
    place = str(actor.facility_id)
    prescriptions = list(
        Prescription.objects.filter(facility=actor.facility, authored_at__gte=since).order_by(
            "-authored_at"
        )[:NEWEST]
    )
    checks = [
        check
        for check in SafetyCheck.objects.filter(moment__in=WRITING, at__gte=since).order_by("-at")[
            :NEWEST
        ]
        if check.facility_id == place
    ]
    return count_alerts(prescriptions, checks)


def count_alerts(
    prescriptions: Iterable[Prescription], checks: Iterable[SafetyCheck]
) -> list[RuleCount]:
    """Count by rule; orders are told apart by their first version, or by the form that was given up."""
    orders, order_of = _orders(prescriptions)
    newest: dict[str, dict[str, set[str]]] = {}
    for check in checks:
        key = (
            order_of.get(check.prescription_id)
            or order_of.get(f"form:{check.form_id}")
            or f"form:{check.form_id}"
        )
        order = orders[key]
        for found in check.findings:
            graver = max(order.fired.get(found.rule, "info"), found.severity, key=RANK.__getitem__)
            order.fired[found.rule] = graver
        if check.prescription_id:
            newest.setdefault(check.prescription_id, _by_rule(check))
    counts: dict[str, RuleCount] = {}
    for order in orders.values():
        _count(order, newest, counts)
    return sorted(counts.values(), key=lambda one: (-one.overridden, -one.shown, one.rule))


def _by_rule(check: SafetyCheck) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for finding in check.findings:
        found[finding.rule].add(finding.line_id)
    return found


def _orders(prescriptions: Iterable[Prescription]) -> tuple[dict[str, _Order], dict[str, str]]:
    orders: dict[str, _Order] = defaultdict(_Order)
    order_of: dict[str, str] = {}
    for row in sorted(prescriptions, key=lambda one: one.authored_at):
        key = order_of.get(row.replaces_id, str(row.pk))
        order_of[str(row.pk)] = key
        if row.form_id:
            order_of[f"form:{row.form_id}"] = key
        orders[key].versions.append(row)
    return orders, order_of


def _count(
    order: _Order, newest: dict[str, dict[str, set[str]]], counts: dict[str, RuleCount]
) -> None:
    last = order.versions[-1] if order.versions else None
    for rule, severity in order.fired.items():
        if RANK[severity] < RANK["moderate"]:
            continue
        one = counts.setdefault(rule, RuleCount(rule, severity))
        one.severity = max(one.severity, severity, key=RANK.__getitem__)
        one.shown += 1
        if RANK[severity] >= RANK["major"]:
            one.interrupted += 1
            _decide(one, rule, last, newest)


def _decide(
    one: RuleCount, rule: str, last: Prescription | None, newest: dict[str, dict[str, set[str]]]
) -> None:
    """Heeded when no live line of the newest version meets the rule; overridden when a reason covers it."""
    standing = newest.get(str(last.pk), {}).get(rule, set()) if last else set()
    lines: list[Any] = [
        line
        for line in (last.lines if last else [])
        if line.line_id in standing
        and line.status not in ("stopped", "cancelled", "entered-in-error")
    ]
    reasoned = [line.override for line in lines if line.override and rule in line.override.rules]
    if reasoned:
        one.overridden += 1
        one.reasons.update(override.code for override in reasoned)
    elif not lines:
        one.heeded += 1


def unread_words(
    actor: Actor, now: datetime, days: int = 90, limit: int = 30
) -> list[tuple[str, str, int]]:
    """Return the medicines, conditions and allergies that were not understood here: (kind, words, patients).

    Only words written for at least two patients: what stands in one record alone might tell whose it is.
    """
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    rows = SafetyCheck.objects.filter(
        moment__in=("prescribe", "amend"), at__gte=now - timedelta(days=days)
    ).order_by("-at")[:NEWEST]
    for check in rows:
        if check.facility_id == str(actor.facility_id):
            for item in check.not_checked:
                if item.kind in ("medicine", "condition", "allergy"):
                    seen[item.kind, item.about].add(str(check.patient_id))
    counted = Counter({words: len(of) for words, of in seen.items() if len(of) >= LEAST_PATIENTS})
    return [(kind, about, count) for (kind, about), count in counted.most_common(limit)]
