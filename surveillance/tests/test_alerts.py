"""Alerts are raised once for a disease, week and district, told without naming the disease, and followed up."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts.permissions import SYSTEM
from notifications.models import Message
from surveillance import actions
from surveillance.models import Alert, FacilityWeek, PublishedTable, PublishedWeek

NOW = datetime(2026, 5, 14, 12, tzinfo=UTC)  # 2026-W20


def counted(cast, week, group, count):
    FacilityWeek.objects.create(
        facility_id=str(cast.clinic.pk), week=week, country="CM", district="Biyem-Assi", consultations=count,
        counts=[[group, "1-4", "F", count]],
    )  # fmt: skip


@pytest.fixture
def cholera(cast):
    cast.authority.user.phone = "+237677000100"
    cast.authority.user.save()
    counted(cast, "2026-W20", "cholera", 2)
    assert actions.watch(by=SYSTEM, now=NOW) == 1
    return Alert.objects.get()


def test_an_alert_is_raised_and_told_once(cholera):
    assert (cholera.group, cholera.week) == ("cholera", "2026-W20")
    assert (cholera.level, cholera.least) == ("alert", 1)
    assert actions.watch(by=SYSTEM, now=NOW + timedelta(hours=1)) == 0
    assert Message.objects.count() == 1
    message = Message.objects.get()
    assert message.phone == "+237677000100"
    assert "chol" not in message.text.lower()


def test_an_alert_that_becomes_graver_is_open_and_told_again(cast, cholera):
    counted(cast, "2026-W19", "meningitis", 2)
    actions.watch(by=SYSTEM, now=NOW)
    alert = Alert.objects.get(group="meningitis")
    actions.follow_up(alert=alert, status="closed", note="faux", by=cast.authority, now=NOW)
    FacilityWeek.objects.filter(week="2026-W19").update(counts=[["meningitis", "1-4", "F", 5]])
    assert actions.watch(by=SYSTEM, now=NOW) == 1
    alert.refresh_from_db()
    assert (alert.level, alert.status, len(alert.steps)) == ("epidemic", "open", 1)
    assert Message.objects.count() == 3


def test_an_alert_is_acknowledged_investigated_and_closed(cast, cholera):
    step = {"alert": cholera, "by": cast.authority, "now": NOW}
    with pytest.raises(actions.NotPossibleError):
        actions.follow_up(status="closed", note=" ", **step)
    with pytest.raises(actions.NotPossibleError):
        actions.follow_up(status="investigated", note="x", **step)
    actions.follow_up(status="acknowledged", note="", **step)
    actions.follow_up(status="investigated", note="deux familles", **step)
    done = actions.follow_up(status="closed", note="puits désinfecté", **step)
    assert [s.status for s in done.steps] == ["acknowledged", "investigated", "closed"]
    with pytest.raises(actions.NotPossibleError):
        actions.follow_up(status="open", note="x", **step)


def test_only_the_authority_of_the_country_follows_up(cast, cholera):
    for who in (cast.admin, cast.doctor, cast.stranger):
        with pytest.raises(PermissionDenied):
            actions.follow_up(alert=cholera, status="acknowledged", note="", by=who, now=NOW)
    cast.authority.facility.country = "KE"
    with pytest.raises(PermissionDenied):
        actions.follow_up(alert=cholera, status="acknowledged", note="", by=cast.authority, now=NOW)


def test_a_changed_threshold_counts_with_its_version(cast, cholera):
    actions.change_threshold(
        country="CM", group="typhoid", alert=3, epidemic=0, is_active=True, reason="liste nationale",
        by=cast.authority, now=NOW,
    )  # fmt: skip
    counted(cast, "2026-W19", "typhoid", 2)
    assert actions.watch(by=SYSTEM, now=NOW) == 0
    FacilityWeek.objects.filter(week="2026-W19").update(counts=[["typhoid", "1-4", "F", 3]])
    assert actions.watch(by=SYSTEM, now=NOW) == 1
    assert Alert.objects.get(group="typhoid").rule_version == 2


def test_a_rate_is_per_the_population_of_the_district(cast):
    place = {"country": "CM", "district": "Biyem-Assi"}
    actions.set_population(**place, population=200_000, by=cast.authority, now=NOW)
    counted(cast, "2026-W20", "meningitis", 5)
    assert actions.watch(by=SYSTEM, now=NOW) == 0
    FacilityWeek.objects.update(counts=[["meningitis", "1-4", "F", 6]])
    assert actions.watch(by=SYSTEM, now=NOW) == 1
    assert Alert.objects.get().denominator == 200_000


def test_the_first_weeks_of_a_district_are_not_compared_with_years_in_which_nobody_looked(cast):
    for week in ("2026-W18", "2026-W19", "2026-W20"):
        counted(cast, week, "malaria", 6)
    for week in ("2026-W15", "2026-W16", "2026-W17"):
        counted(cast, week, "diarrhoea", 9)
    assert actions.watch(by=SYSTEM, now=NOW) == 0


@pytest.fixture
def client(cast):
    browser = Client()
    browser.force_login(cast.authority.user)
    return browser


def test_the_page_shows_no_number_that_is_not_published(cast, cholera, client):
    FacilityWeek.objects.update(counts=[["cholera", "1-4", "F", 37]])
    assert "au moins 1" in client.get("/statistics/alerts/").content.decode()
    PublishedWeek.objects.create(country="CM", week="2026-W20", threshold=5, published_at=NOW)
    table = PublishedTable.objects.create(
        country="CM", week="2026-W20", split="district", group="cholera", cells=[["Biyem-Assi", "", None]]
    )  # fmt: skip
    text = client.get("/statistics/alerts/").content.decode()
    assert "au moins 1" in text
    assert "Cas : 37" not in text
    table.cells = [["Biyem-Assi", "", 37]]
    table.save()
    assert "Cas : 37" in client.get("/statistics/alerts/").content.decode()


def test_the_page_follows_up(cast, cholera, client):
    client.post(f"/statistics/alerts/{cholera.pk}/", {"status": "acknowledged"})
    client.post(f"/statistics/alerts/{cholera.pk}/", {"status": "closed", "note": ""})
    cholera.refresh_from_db()
    assert cholera.status == "acknowledged"
    assert client.post(f"/statistics/alerts/{'0' * 24}/", {"status": "closed"}).status_code == 404


def test_the_page_changes_a_threshold_and_a_population(cast, client):
    values = {
        "group": "typhoid",
        "alert": "3",
        "epidemic": "0",
        "is_active": "on",
        "reason": "liste nationale",
    }
    client.post("/statistics/thresholds/", values)
    client.post("/statistics/thresholds/", {"district": "Biyem-Assi", "population": "123456"})
    text = client.get("/statistics/thresholds/").content.decode()
    assert "123456" in text
    client.post("/statistics/thresholds/", {"group": "typhoid", "alert": "-3", "epidemic": "0"})
    browser = Client()
    browser.force_login(cast.admin.user)
    assert browser.post("/statistics/thresholds/", values).status_code == 403
