"""How well facilities report: which were silent, and which late. It counts facilities, never persons."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from accounts.models import Facility, FacilityKind
from surveillance.models import FacilityWeek
from surveillance.queries.counting import district_of

TARGET_PERCENT = (
    80  # WHO AFRO, IDSR technical guidelines, 3rd ed.: timeliness and completeness (to verify)
)


@dataclass(frozen=True)
class Reporting:
    """How the facilities of a district reported over some weeks, in weeks of facilities."""

    district: str
    expected: int
    reported: int
    on_time: int
    silent: tuple[str, ...]

    @property
    def completeness(self) -> int:
        """Return how many percent reported."""
        return 100 * self.reported // self.expected if self.expected else 0

    @property
    def timeliness(self) -> int:
        """Return how many percent reported everything before the week was published."""
        return 100 * self.on_time // self.expected if self.expected else 0

    @property
    def is_enough(self) -> bool:
        """Tell whether both reach the target."""
        return min(self.completeness, self.timeliness) >= TARGET_PERCENT


def reporting(country: str, weeks: Sequence[str]) -> list[Reporting]:
    """Return how each district's facilities in service reported in these weeks, by name of the district.

    A facility is silent when it recorded no signed consultation in the last of the weeks.
    """
    places = Facility.objects.filter(country=country, kind=FacilityKind.CLINIC, is_active=True)
    rows = FacilityWeek.objects.filter(country=country, week__in=weeks, consultations__gt=0)
    late = {
        (row.facility_id, row.week): row.late > 0
        for row in rows.only("facility_id", "week", "late")
    }
    by_district: dict[str, list[Facility]] = defaultdict(list)
    for place in places.order_by("name"):
        by_district[district_of(place)].append(place)
    return [_one(name, by_district[name], weeks, late) for name in sorted(by_district)]


def _one(
    name: str, places: list[Facility], weeks: Sequence[str], late: dict[tuple[str, str], bool]
) -> Reporting:
    keys = [(str(place.pk), week) for place in places for week in weeks]
    silent = [p.name for p in places if weeks and (str(p.pk), weeks[-1]) not in late]
    return Reporting(
        district=name,
        expected=len(keys),
        reported=sum(key in late for key in keys),
        on_time=sum(late.get(key) is False for key in keys),
        silent=tuple(silent),
    )
