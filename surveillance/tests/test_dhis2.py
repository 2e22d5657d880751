"""Published weeks go to DHIS2: nothing withheld, zeros said, its report readable; tried against a stand-in."""

import json
from io import StringIO

import pytest
import requests
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from surveillance import actions
from surveillance.models import Dhis2Export, PublishedTable, PublishedWeek
from surveillance.queries.dhis2 import names_of, payload_of
from surveillance.rules.dhis2 import Names, Payload, Table, Value, payload, read_answer
from tests.factories import NOW
from tests.stand_ins import running_stand_in

BANDS = ("0", "1-4", "50+")
NAMES = Names("SET", {"malaria": "MAL", "cholera": "CHO"}, {"A": "OU_A", "B": "OU_B"})
TOKEN = "d2pat_5xVA12xyUbWNedQxy4ohH77WlxRGVvZZ1151814092"


# -- what is sent


def test_zeros_are_sent_and_withheld_counts_are_not():
    tables = [
        Table("total", "malaria", [("", "", 40)]),
        Table("district", "malaria", [("A", "", None), ("B", "", 31)]),
    ]
    made = payload("2026-W05", tables, NAMES, BANDS)
    assert made.values == [
        Value("cholera", "A", "", 0),
        Value("cholera", "B", "", 0),
        Value("malaria", "B", "", 31),
    ]
    assert made.withheld == 1
    body = made.body(NAMES)
    assert body["dataSet"] == "SET"
    assert body["dataValues"][2] == {
        "dataElement": "MAL",
        "orgUnit": "OU_B",
        "period": "2026W5",
        "value": "31",
    }


def test_a_total_that_is_withheld_makes_no_zero():
    made = payload("2026-W05", [Table("total", "cholera", [("", "", None)])], NAMES, BANDS)
    assert {value.group for value in made.values} == {"malaria"}
    assert made.withheld == 2


def test_ages_are_sent_only_when_all_have_a_name():
    tables = [
        Table("total", "malaria", [("", "", 40)]), Table("district", "malaria", [("A", "", 40)]),
        Table("age", "malaria", [("A", "0", None), ("A", "1-4", None), ("A", "50+", 20)]),
    ]  # fmt: skip
    some = Names("", {"malaria": "MAL"}, {"A": "OU_A"}, {"0": "c0"})
    assert payload("2026-W05", tables, some, BANDS).values == [Value("malaria", "A", "", 40)]
    every = Names("", {"malaria": "MAL"}, {"A": "OU_A"}, {"0": "c0", "1-4": "c1", "50+": "c5"})
    made = payload("2026-W05", tables, every, BANDS)
    assert made.values == [Value("malaria", "A", "50+", 20)]
    assert made.withheld == 2
    assert made.body(every)["dataValues"][0]["categoryOptionCombo"] == "c5"
    assert "dataSet" not in made.body(every)


# -- what it says


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (401, {"message": "no"}, "not-allowed"), (403, None, "not-allowed"), (404, None, "not-found"),
        (500, None, "refused"), (400, {"message": "bad"}, "refused"), (200, ["x"], "refused"),
        (200, {"response": {"status": "SUCCESS", "importCount": {"imported": 1}}}, "taken"),
        (200, {"status": "SUCCESS", "importCount": {"imported": 1}, "conflicts": []}, "taken"),
        (409, {"response": {"status": "WARNING", "importCount": {"imported": 1, "ignored": 1},
                            "conflicts": [{"value": "v", "errorCode": "E7610", "indexes": [0]}]}}, "partly"),
        (409, {"response": {"status": "ERROR", "importCount": {"ignored": 2}, "conflicts": "?"}}, "refused"),
    ],
)  # fmt: skip
def test_every_answer_is_told_apart(status, body, outcome):
    sent = Payload("2026-W05", [Value("malaria", "A", "", 9)])
    report = read_answer(status, body, sent)
    assert report.outcome == outcome
    if outcome == "partly":
        assert report.conflicts[0].values == (sent.values[0],)


# -- against the stand-in


@pytest.fixture
def there(cast, settings):
    """Two published weeks, names of two diseases, and a DHIS2."""
    for week, count in (("2026-W05", 31), ("2026-W06", 28)):
        PublishedWeek.objects.create(country="CM", week=week, threshold=5, published_at=NOW)
        for split, cell in (("total", ["", "", count]), ("district", ["Biyem-Assi", "", count])):
            PublishedTable.objects.create(
                country="CM", week=week, split=split, group="malaria", cells=[cell]
            )
    name(cast, ("element", "malaria", "IDSR_MALARIA"), ("element", "cholera", "IDSR_CHOLERA"),
         ("place", "Biyem-Assi", "CM_CE_BIYEM_ASSI"), ("data-set", "", "IDSR_WEEKLY"))  # fmt: skip
    with running_stand_in() as stand_in:
        address = stand_in.url.rpartition("/")[0]
        settings.DHIS2 = {"url": f"{address}/dhis2", "token": TOKEN, "id_scheme": "code"}
        control(address, "reset")
        yield address


def name(cast, *names):
    return actions.set_names(
        country="CM", names={(kind, key): value for kind, key, value in names}, by=cast.authority, now=NOW
    )  # fmt: skip


def control(address, what):
    return requests.get(f"{address}/dhis2/_control/{what}", timeout=10).json()


def send(cast, week="2026-W05", *, dry=False):
    return actions.send_week(
        country="CM", week=week, is_dry_run=dry, by=cast.authority, now=timezone.now()
    )


def test_a_week_is_tried_sent_and_sent_again(cast, there):
    tried = send(cast, dry=True)
    assert (tried.outcome, tried.imported, control(there, "values")) == ("taken", 2, [])
    sent = send(cast)
    assert (sent.outcome, sent.values, sent.imported, sent.ignored) == ("taken", 2, 2, 0)
    assert ["deMalaria01", "2026W5", "ouBiyemAss1", "HllvX50cXC0", "31"] in control(there, "values")
    again = send(cast)
    assert (again.outcome, again.imported, again.ignored) == ("taken", 0, 2)
    PublishedTable.objects.filter(week="2026-W05").update(cells=[["Biyem-Assi", "", 33]])
    assert send(cast).updated == 1


def test_what_is_not_taken_is_named_with_what_to_do(cast, there, client):
    name(cast, ("element", "measles", "WRONG"))
    sent = send(cast)
    assert (sent.outcome, sent.imported, sent.ignored) == ("partly", 2, 1)
    assert sent.conflicts[0][:2] == ["E7610", [["measles", "Biyem-Assi"]]]
    client.force_login(cast.authority.user)
    text = client.get(reverse("dhis2")).content.decode()
    assert "Rougeole (Biyem-Assi)" in text
    assert "corrigez la correspondance de la maladie" in text
    name(cast, ("data-set", "", "ELSEWHERE"))
    assert send(cast).outcome == "refused"


def test_ages_a_place_and_ids_by_uid(cast, there, settings):
    settings.DHIS2 = {**settings.DHIS2, "id_scheme": "uid"}
    assert send(cast).outcome == "refused"
    name(cast, ("data-set", "", "IDSRwkCM001"), ("element", "malaria", "deMalaria01"), ("element", "cholera", ""),
         ("place", "Biyem-Assi", "ouBiyemAss1"))  # fmt: skip
    assert send(cast).outcome == "taken"
    name(cast, ("place", "Biyem-Assi", "ouNowhere01"))
    assert send(cast).conflicts[0][0] == "E7612"


def test_a_wrong_token_a_wrong_address_and_no_server_are_told_apart(cast, there, settings):
    settings.DHIS2 = {**settings.DHIS2, "token": "d2pat_wrong"}
    assert send(cast).outcome == "not-allowed"
    settings.DHIS2 = {**settings.DHIS2, "url": f"{there}/nowhere"}
    assert send(cast).outcome == "not-found"
    settings.DHIS2 = {**settings.DHIS2, "url": "http://127.0.0.1:9"}
    assert send(cast).outcome == "unreachable"
    assert Dhis2Export.objects.count() == 3


def test_only_published_weeks_of_the_own_country_by_its_authority(cast, there, settings):
    with pytest.raises(actions.NotSendableError, match="not-published"):
        send(cast, "2026-W07")
    with pytest.raises(PermissionDenied):
        actions.send_week(country="CM", week="2026-W05", is_dry_run=True, by=cast.admin, now=NOW)
    with pytest.raises(PermissionDenied):
        actions.send_week(
            country="KE", week="2026-W05", is_dry_run=True, by=cast.authority, now=NOW
        )
    settings.DHIS2 = {**settings.DHIS2, "url": ""}
    with pytest.raises(actions.NotSendableError, match="not-configured"):
        send(cast)


def test_the_command_says_what_came_of_it(there, cast):
    said = StringIO()
    call_command("dhis2", "cm", "--dry-run", stdout=said)
    assert "2026-W06 (dry run): taken. 2 values sent, 0 withheld; 2 new" in said.getvalue()
    name(cast, ("element", "measles", "WRONG"))
    with pytest.raises(CommandError):
        call_command("dhis2", "CM", "2026-W05", stdout=said)
    assert "E7610 measles Biyem-Assi" in said.getvalue()


def test_the_page_sends_and_keeps_names(there, cast, client):
    client.force_login(cast.authority.user)
    text = client.get(reverse("dhis2")).content.decode()
    assert "2 valeurs à envoyer, 0 masquées" in text
    page = client.post(reverse("dhis2-send"), {"week": "2026-W06", "dry_run": "1"}, follow=True)
    assert "rien n’est enregistré" in page.content.decode()
    assert control(there, "values") == []
    client.post(
        reverse("dhis2-names"), {"element:meningitis": " IDSR_MENINGITIS ", "element:nonsense": "X"}
    )
    names = names_of("CM")
    assert names.elements["meningitis"] == "IDSR_MENINGITIS"
    assert "nonsense" not in names.elements
    client.post(reverse("dhis2-send"), {"week": "2026-W06"})
    assert len(control(there, "values")) == len(payload_of("CM", "2026-W06", names).values) == 3


def test_the_stand_in_refuses_what_a_dhis2_refuses(there):
    def post(body, kind="application/json", query=""):
        answer = requests.post(
            f"{there}/dhis2/api/dataValueSets{query}", data=body, timeout=10,
            headers={"Authorization": f"ApiToken {TOKEN}", "Content-Type": kind},
        )  # fmt: skip
        return answer.status_code, answer.json()

    assert post("x", "text/plain")[0] == 415
    assert post("{")[0] == 400
    later = {
        "dataElement": "deMalaria01",
        "orgUnit": "ouBiyemAss1",
        "period": "2199W5",
        "value": "1",
    }
    status, body = post(json.dumps({"dataValues": [later]}))
    assert (status, body["response"]["conflicts"][0]["errorCode"]) == (409, "E7641")
    assert body["response"]["rejectedIndexes"] == [0]
    now = {**later, "period": "2026W5"}
    status, body = post(json.dumps({"dataValues": [now]}), query="?async=true")
    assert (status, body["response"]["jobType"]) == (200, "DATAVALUE_IMPORT")
