"""What became of dangerous lines and of each rule's alerts, from plain facts of prescriptions. Pure functions.

An order is one prescription with all the versions that replaced it, or a form that was given up. A line is stopped
when its first check finds a contraindication, or a major finding: it cannot be dispensed until somebody acts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

RANKS = {"info": 0, "minor": 1, "moderate": 2, "major": 3, "contraindicated": 4}
SHOWN, STOPS = RANKS["moderate"], RANKS["major"]
GONE = frozenset({"stopped", "cancelled", "entered-in-error"})
OUTCOMES = ("changed", "abandoned", "kept", "open")


@dataclass(frozen=True)
class Found:
    """One finding of a check."""

    rule: str
    severity: str
    line_id: str


@dataclass(frozen=True)
class Check:
    """One run of the engine, and the role for which it ran."""

    role: str
    findings: tuple[Found, ...] = ()


@dataclass(frozen=True)
class Line:
    """A line as it stands in a version; `reasons` are the rules that a doctor's reason covers."""

    status: str
    reasons: frozenset[str] = frozenset()


@dataclass
class Version:
    """One version of a prescription, its check, and what its form showed before it was stored."""

    lines: Mapping[str, Line]
    check: Check
    form: Check | None = None


@dataclass
class Tally:
    """One rule's alerts for one role.

    Attributes:
        fired: orders, or lines at the counter, in which it fired at moderate or above.
        stopped: those at major or above.
        heeded: those after which the line was changed, cancelled, given up, or not handed out.
        overridden: those after which it was kept or handed out with a reason.
    """

    severity: str = "info"
    fired: int = 0
    stopped: int = 0
    heeded: int = 0
    overridden: int = 0

    def add(self, severity: str, *, heeded: bool = False, overridden: bool = False) -> None:
        """Count one alert."""
        self.severity = max(self.severity, severity, key=RANKS.__getitem__)
        self.fired += 1
        self.stopped += RANKS[severity] >= STOPS
        self.heeded += heeded
        self.overridden += overridden


Tallies = dict[tuple[str, str], Tally]  # (rule, role)


@dataclass
class Impact:
    """What became of the lines of some orders: `outcomes` of those stopped, and alerts by rule and role."""

    prescribed: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    tallies: Tallies = field(default_factory=lambda: defaultdict(Tally))

    @property
    def stopped(self) -> int:
        """Return how many lines were stopped."""
        return sum(self.outcomes.values())


def count_order(versions: Sequence[Version], impact: Impact) -> None:
    """Count one order: its versions, oldest first."""
    last = versions[-1]
    seen: set[str] = set()
    for version in versions:
        _count_form(version, impact)
        fresh = set(version.lines) - seen
        seen |= fresh
        impact.prescribed += len(fresh)
        for line_id in fresh:
            rules = _stopping(version.check, line_id)
            if rules:
                impact.outcomes[_outcome(rules, last.lines.get(line_id))] += 1
    _count_rules(versions, impact)


def count_given_up(form: Check, impact: Impact) -> None:
    """Count a form that was stopped and never stored."""
    lines = {found.line_id for found in form.findings if RANKS[found.severity] >= STOPS}
    impact.prescribed += len(lines)
    impact.outcomes["abandoned"] += len(lines)
    for rule, severity in _graver(form.findings).items():
        if RANKS[severity] >= SHOWN:
            stops = RANKS[severity] >= STOPS
            impact.tallies[rule, form.role].add(severity, heeded=stops)


def count_counter(checks: Iterable[tuple[str, str, bool, Check]], impact: Impact) -> None:
    """Count what fired when medicine was to be handed out.

    Args:
        checks: (prescription, line, whether it was released, the check); one line may have been tried often.
    """
    fired: dict[tuple[str, str, str, str], tuple[str, bool]] = {}
    for prescription, line_id, released, check in checks:
        for rule, severity in _graver(check.findings).items():
            if RANKS[severity] < SHOWN:
                continue
            key = (prescription, line_id, rule, check.role)
            known, before = fired.get(key, (severity, False))
            fired[key] = max(known, severity, key=RANKS.__getitem__), before or released
    for (_, _, rule, role), (severity, released) in fired.items():
        stops = RANKS[severity] >= STOPS
        tally = impact.tallies[rule, role]
        tally.add(severity, heeded=stops and not released, overridden=stops and released)


def _count_form(version: Version, impact: Impact) -> None:
    """Count the lines that were changed on the form, after it had shown why and before it was stored."""
    if version.form is None:
        return
    standing = {found.rule for found in version.check.findings}
    for line_id in {found.line_id for found in version.form.findings} - set(version.lines):
        rules = _stopping(version.form, line_id)
        if rules and not rules & standing:
            impact.prescribed += 1
            impact.outcomes["changed"] += 1
    for line_id in set(version.lines):
        if _stopping(version.form, line_id) and not _stopping(version.check, line_id):
            impact.outcomes["changed"] += 1


def _stopping(check: Check, line_id: str) -> set[str]:
    return {
        found.rule
        for found in check.findings
        if found.line_id == line_id and RANKS[found.severity] >= STOPS
    }


def _outcome(rules: set[str], line: Line | None) -> str:
    if line is None or line.status in GONE:
        return "changed"
    return "kept" if rules <= line.reasons else "open"


def _graver(findings: Iterable[Found]) -> dict[str, str]:
    worst: dict[str, str] = {}
    for found in findings:
        known = worst.get(found.rule, "info")
        worst[found.rule] = max(known, found.severity, key=RANKS.__getitem__)
    return worst


def _count_rules(versions: Sequence[Version], impact: Impact) -> None:
    """Count each rule once an order, for the role of whoever saw it first."""
    worst: dict[str, tuple[str, str]] = {}
    for version in versions:
        for check in filter(None, (version.form, version.check)):
            for rule, severity in _graver(check.findings).items():
                known, role = worst.get(rule, ("info", check.role))
                worst[rule] = max(known, severity, key=RANKS.__getitem__), role
    last = versions[-1]
    for rule, (severity, role) in worst.items():
        if RANKS[severity] < SHOWN:
            continue
        standing = [
            last.lines[found.line_id]
            for found in last.check.findings
            if found.rule == rule and found.line_id in last.lines
        ]
        live = [line for line in standing if line.status not in GONE]
        stops = RANKS[severity] >= STOPS
        reasoned = any(rule in line.reasons for line in live)
        impact.tallies[rule, role].add(
            severity, heeded=stops and not live, overridden=stops and reasoned
        )
