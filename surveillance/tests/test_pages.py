"""The authority's page, its CSV and the API show published counts and nothing smaller."""

import csv
import io
from itertools import pairwise

import pytest
from django.test import Client

from surveillance import presentation
from surveillance.models import FacilityWeek, PublishedTable, PublishedWeek
from surveillance.presentation import LEFT, NAME_HALF, WIDTH
from surveillance.rules.weeks import between, dhis2, monday, shift, week_of
from tests.api.calling import Caller
from tests.factories import NOW

WEEKS = list(between("2026-W01", "2026-W20"))


def table(week, split, group, *cells):
    PublishedTable.objects.create(
        country="CM", week=week, split=split, group=group, cells=list(cells)
    )


@pytest.fixture
def published(cast):
    """Twenty weeks of malaria around ten cases, one of them withheld, and a peak in the last."""
    for number, week in enumerate(WEEKS):
        PublishedWeek.objects.create(country="CM", week=week, threshold=5, published_at=NOW)
        count = 60 if week == "2026-W20" else 10 + number % 3
        if week == "2026-W03":
            table(week, "total", "malaria", ["", "", None])
            continue
        table(week, "total", "malaria", ["", "", count])
        table(week, "district", "malaria", ["Biyem-Assi", "", count])
        table(week, "age", "malaria", ["Biyem-Assi", "1-4", count - 6], ["Biyem-Assi", "50+", 6])
        table(week, "facility", "malaria", ["Biyem-Assi", str(cast.clinic.pk), count])
    FacilityWeek.objects.create(
        facility_id=str(cast.clinic.pk), week="2026-W20", country="CM", district="Biyem-Assi", consultations=70
    )  # fmt: skip
    table("2026-W05", "total", "malaria", ["", "", 1000])
    PublishedTable.objects.filter(cells=[["", "", 1000]]).update(country="KE")
    return cast


@pytest.fixture
def call(published):
    return lambda who: Caller.signed_in(getattr(published, who).user.username)


def ask(call, query, who="authority"):
    return call(who).get(f"health-authority/statistics?{query}")


def test_the_api_answers_sums_of_published_counts(call):
    body = ask(call, "from=2026-W01&to=2026-W20&by=week,diagnosis").json()
    assert body["threshold"] == 5
    assert body["suppressed"] == 1
    assert body["publishedThrough"] == "2026-W20"
    assert len(body["rows"]) == 20
    assert body["rows"][0] == {
        "week": "2026-W01",
        "diagnosis": "malaria",
        "count": 10,
        "withheld": 0,
    }
    assert body["rows"][2]["count"] is None
    whole = ask(call, "from=2026-W01&to=2026-W20&by=diagnosis").json()["rows"]
    total = sum(row["count"] or 0 for row in body["rows"])
    assert whole == [{"diagnosis": "malaria", "count": total, "withheld": 1}]


def test_the_api_parts_by_age_and_facility(call, published):
    rows = ask(call, "from=2026-W20&to=2026-W20&by=ageBand,district").json()["rows"]
    assert [(r["ageBand"], r["count"]) for r in rows] == [("1-4", 54), ("50+", 6)]
    rows = ask(call, "from=2026-W20&to=2026-W20&by=facility").json()["rows"]
    assert rows[0]["facilityName"] == "Clinique A"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("by=ageBand,sex", "by"), ("by=name", "by"), ("from=2026-W99", "from"), ("to=gestern", "to"),
        ("from=2026-W10&to=2026-W01", "from"), ("from=2010-W01&to=2026-W01", "from"), ("from=2025-W53", "from"),
    ],
)  # fmt: skip
def test_a_question_that_has_no_answer_names_its_field(call, query, field):
    response = ask(call, query)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_only_readers_of_statistics_may_ask(call):
    assert ask(call, "", "admin").status_code == 200
    for who in ("doctor", "nurse", "pharmacist", "receptionist", "stranger"):
        assert ask(call, "", who).status_code == 403


@pytest.fixture
def authority(published):
    client = Client()
    client.force_login(published.authority.user)
    return client


def test_the_page_draws_the_curve_with_its_limit_and_table(authority):
    text = authority.get("/statistics/?weeks=26").content.decode()
    assert "polyline" in text
    assert 'class="bar-over"' in text  # the peak
    assert text.count("▲") == 1
    assert "moins de 5" in text  # the week that is withheld
    assert "1000" not in text  # another country's
    assert "Biyem-Assi" in text
    assert "insuffisant" in text  # one week of four, of one clinic of two


def test_a_page_of_a_quiet_country_says_so(cast):
    client = Client()
    client.force_login(cast.authority.user)
    assert "Aucune semaine" in client.get("/statistics/").content.decode()
    assert client.get("/statistics/export.csv").status_code == 200


def test_the_csv_has_the_same_figures(authority):
    response = authority.get("/statistics/export.csv?weeks=26")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    totals = {row["week"]: row["count"] for row in rows if row["split"] == "total"}
    assert (totals["2026-W03"], totals["2026-W20"]) == ("", "60")
    assert {row["split"] for row in rows} == {"total", "district", "age"}


@pytest.mark.no_servers
def test_weeks():
    assert week_of(monday("2027-W01")) == "2027-W01"
    assert shift("2026-W53", 1) == "2027-W01"
    assert (dhis2("2026-W05"), dhis2("2026-W53")) == ("2026W5", "2026W53")
    for wrong in ("2025-W53", "2026-W00", "2026-5", "0001-W01", ""):
        with pytest.raises(ValueError):  # noqa: PT011 (any of several)
            monday(wrong)


@pytest.mark.no_servers
@pytest.mark.parametrize("count", [1, 5, 13, 26, 53, 106])
def test_the_names_of_weeks_fit_below_a_chart(count):
    weeks = list(between("2024-W01", shift("2024-W01", count - 1)))
    places = [x for x, _ in presentation.frame(weeks, 10).labels]
    assert 1 <= len(places) <= 6
    assert all(LEFT <= x <= WIDTH - NAME_HALF for x in places)
    assert all(right - left >= 2 * NAME_HALF for left, right in pairwise(places))
