"""What a page weighs on the wire, gzip and headers included: 60 KB for the first visit, 15 KB for any page after."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.permissions_table import TABLE, Row
from tests.test_permissions_table import ask, client_of
from tests.world import World, the_world

FIRST_VISIT = 60_000
PAGE = 15_000
ASSET = re.compile(r'(?:href|src)="(/static/[^"?]+)[^"]*"')
PAGES = [row for row in TABLE if {"see", "page"} & set(row.outcomes) and row.method == "GET"]


@pytest.fixture
def world(cast: Any) -> World:
    return the_world(cast)


def compressed(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_ENCODING"] = "gzip"
    return client


def weight(response: Any) -> int:
    """Bytes of the answer as they leave: status line, headers and compressed body."""
    headers = sum(len(name) + len(value) + 4 for name, value in response.items())
    cookies = sum(len(c.OutputString()) + 14 for c in response.cookies.values())
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return len("HTTP/1.1 200 OK\r\n\r\n") + headers + cookies + len(body)


def text_of(response: Any) -> str:
    packed = response.headers.get("Content-Encoding") == "gzip"
    return (gzip.decompress(response.content) if packed else response.content).decode()


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_a_page_after_the_first_fits(row: Row, world: World) -> None:
    who = (row.outcomes.get("see") or row.outcomes["page"]).split()[0]
    response = ask(compressed(client_of(world, who)), row, world)
    assert response.status_code == 200
    assert weight(response) <= PAGE, f"{row}: {weight(response)} bytes"


def test_a_page_is_compressed(world: World) -> None:
    response = compressed(Client()).get(reverse("login"))
    assert response.headers["Content-Encoding"] == "gzip"


def test_the_first_visit_fits_with_all_it_fetches(world: World) -> None:
    client = compressed(Client())
    response = client.get(reverse("login"))
    assets = set(ASSET.findall(text_of(response)))
    assert {Path(a).suffix for a in assets} >= {".css", ".js", ".svg"}
    total = weight(response) + sum(weight(client.get(address)) for address in assets)
    assert 20_000 < total <= FIRST_VISIT, f"{total} bytes"


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_a_page_fetches_nothing_from_elsewhere_and_runs_nothing_inline(
    row: Row, world: World
) -> None:
    who = (row.outcomes.get("see") or row.outcomes["page"]).split()[0]
    text = text_of(ask(client_of(world, who), row, world))
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|\son\w+=|\sstyle=|javascript:", text)
