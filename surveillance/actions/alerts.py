"""Alerts: raised once for a disease, week and district, told to the authority, and followed until they are closed."""

from datetime import UTC, datetime

from accounts.permissions import Actor
from clinic.db import claim
from clinic.recording import recorded
from notifications.queue import enqueue_to_phone
from surveillance.models import Alert, AlertStatus, AlertStep, AlertThreshold, DistrictPopulation
from surveillance.permissions import require_authority
from surveillance.queries import alerts as queries
from surveillance.queries.counting import facilities
from surveillance.rules.alerts import TRANSITIONS, Threshold, Verdict, graver, judge
from surveillance.rules.weeks import shift, week_of

WATCHED_WEEKS = 3  # this one, and those for which records still arrive
HISTORY = 265  # five years and a few weeks


class NotPossibleError(Exception):
    """The alert is not in a state that allows it."""

    code = "not-possible"


def watch(*, by: Actor, now: datetime) -> int:
    """Judge the last weeks of every district by the thresholds in force. Returns how many alerts are new."""
    last = week_of(now.astimezone(UTC).date())
    new = 0
    for country in sorted({place.country for place in facilities().values()}):
        rules = queries.thresholds(country)
        people = queries.populations(country)
        cases = queries.series(country, shift(last, -HISTORY), last, rules)
        for (district, group), counts in sorted(cases.items()):
            for back in range(min(WATCHED_WEEKS, len(counts))):
                at = len(counts) - 1 - back
                verdict = judge(rules[group], counts, at, people.get(district, 0))
                if verdict is not None:
                    new += raise_alert(
                        country=country, district=district, week=shift(last, -back), rule=rules[group],
                        verdict=verdict, by=by, now=now,
                    )  # fmt: skip
    return new


@recorded
def raise_alert(
    *, country: str, district: str, week: str, rule: Threshold, verdict: Verdict, by: Actor, now: datetime
) -> int:  # fmt: skip
    """Store an alarm, unless this disease, week and district has its alert already. Returns 1 when it told somebody.

    An alert that becomes graver is told again and open again.
    """
    key = f"{country}|{district}|{week}|{rule.group}"
    known = Alert.objects.filter(key=key).first()
    if known is not None and not graver(verdict.level, known.level):
        return 0
    row = known or Alert(
        key=key, country=country, district=district, week=week, group=rule.group, raised_at=now
    )
    row.level, row.least, row.why = verdict.level, verdict.least, verdict.why
    row.denominator, row.rule_version = verdict.denominator, rule.version
    row.status, row.rev = AlertStatus.OPEN, row.rev + 1
    row.save()
    for phone, language in queries.phones(country):
        enqueue_to_phone(
            kind="surveillance-alert", phone=phone, language=language,
            cause=f"alert:{row.pk}:{row.level}:{phone}", by=by, now=now,
        )  # fmt: skip
    return 1


@recorded
def follow_up(*, alert: Alert, status: str, note: str, by: Actor, now: datetime) -> Alert:
    """Take note of an alert, record its investigation, or close it.

    Raises:
        PermissionDenied: the actor is not of that country's health authority.
        NotPossibleError: its state does not allow it, or it is closed without words.
        StaleDocumentError: somebody else was faster.
    """
    require_authority(by, alert.country)
    fresh = Alert.objects.get(pk=alert.pk)
    words = note.strip()
    allowed = set(TRANSITIONS[fresh.status]) - {AlertStatus.OPEN}
    if status not in allowed or (status != AlertStatus.ACKNOWLEDGED and not words):
        raise NotPossibleError(status)
    claim(Alert.objects.filter(pk=fresh.pk, rev=fresh.rev), rev=fresh.rev + 1)
    fresh.rev += 1
    fresh.status = status
    fresh.steps.append(AlertStep(status=status, note=words, by_name=str(by.user), at=now))
    fresh.save()
    return fresh


@recorded
def change_threshold(
    *, country: str, group: str, alert: float, epidemic: float, is_active: bool, reason: str, by: Actor,
    now: datetime,
) -> AlertThreshold:  # fmt: skip
    """Store a new version of a threshold; alerts say by which version they were raised.

    Raises:
        PermissionDenied: the actor is not of that country's health authority.
    """
    require_authority(by, country)
    known = queries.thresholds(country)[group]
    return AlertThreshold.objects.create(
        country=country, group=group, version=known.version + 1, method=known.method, alert=alert, epidemic=epidemic,
        weeks=known.weeks, is_active=is_active, reason=reason.strip(), changed_by_name=str(by.user), changed_at=now,
    )  # fmt: skip


@recorded
def set_population(
    *, country: str, district: str, population: int, by: Actor, now: datetime
) -> None:
    """Store how many people live in a district."""
    require_authority(by, country)
    DistrictPopulation.objects.update_or_create(
        country=country, district=district, defaults={"population": population}
    )
