"""The map of districts shows published counts, says what is withheld, and has all of it in a table."""

import re

import pytest
from django.urls import reverse

from accounts.models import Facility
from surveillance.models import DistrictPopulation, PublishedTable, PublishedWeek
from surveillance.places import classes, draw, kind_of, limits, shapes
from surveillance.rules.answers import Row
from tests.factories import NOW


def row(count, withheld=0):
    return Row({}, count, withheld)


@pytest.mark.parametrize("country", ["CM", "KE"])
def test_the_shapes_are_closed_and_named_once(country):
    drawn = shapes(country)
    assert len({name for _, name, _ in drawn}) == len(drawn) >= 3
    assert all(ring[0] == ring[-1] and len(ring) >= 4 for _, _, ring in drawn)
    assert shapes("XX") == shapes("../CM") == ()


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (None, "area-zero"), (row(0), "area-zero"), (row(None, 1), "area-withheld"), (row(0, 2), "area-withheld"),
        (row(1), "area-0"), (row(20), "area-0"), (row(21), "area-1"), (row(100), "area-4"),
    ],
)  # fmt: skip
def test_a_district_is_filled_by_its_class(found, kind):
    tops = limits([100, 3])
    assert tops == [20, 40, 60, 80, 100]
    assert kind_of(found, True, tops) == kind
    assert kind_of(found, False, tops) == "area-none"


@pytest.mark.parametrize("counts", [[1], [2, 5], [7], [6, 6], [999, 1], []])
def test_classes_cover_every_count_once(counts):
    found = classes({str(n): row(count) for n, count in enumerate(counts)})
    for count in counts:
        assert sum(low <= count <= top for _, low, top in found) == 1


def test_every_point_lies_on_the_sheet():
    for sheet in draw("CM", {}, {}, {}):
        for area in sheet.areas:
            for x, y in (pair.split(",") for pair in area.points.split()):
                assert 0 <= float(x) <= sheet.width
                assert 0 <= float(y) <= sheet.height


def test_the_page_shows_published_counts_only(cast, client):
    Facility.objects.filter(pk=cast.other_clinic.pk).update(district="Efoulan")
    PublishedWeek.objects.create(country="CM", week="2026-W05", threshold=5, published_at=NOW)
    cells = [["Biyem-Assi", "", 31], ["Efoulan", "", None]]
    PublishedTable.objects.create(
        country="CM", week="2026-W05", split="district", group="malaria", cells=cells
    )
    DistrictPopulation.objects.create(country="CM", district="Biyem-Assi", population=310_000)
    DistrictPopulation.objects.create(country="CM", district="Efoulan", population=100_000)
    client.force_login(cast.authority.user)
    text = client.get(reverse("district-map")).content.decode()
    kinds = dict(
        re.findall(
            r'class="area (area-\w+)" points="[^"]+"><title>([^<:]+?)(?: :[^<]*)?</title>', text
        )
    )
    assert (kinds["area-4"], kinds["area-withheld"]) == ("Biyem-Assi", "Efoulan")
    assert "schématiques" in text
    assert ">10,0<" in text  # per 100,000
    assert text.count("masqué<") >= 2
