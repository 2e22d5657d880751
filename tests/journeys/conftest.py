"""A real Chromium before a running server, one page for each person, every page judged by axe."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from bin.chromium import MISSING, find
from tests.factories import PASSWORD

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs a loop in this thread
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find()
    assert path, MISSING
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Person:
    """Somebody at a screen. Every page they come to has no violation axe can find."""

    def __init__(self, page: Page, base: str, name: str, *, script: bool = True) -> None:
        self.page, self.base, self.name, self.script = page, base, name, script

    def opens(self, path: str) -> "Person":
        self.page.goto(self.base + path)
        return self

    def signs_in(self) -> "Person":
        self.opens("/login/")
        self.page.fill("[name=username]", self.name)
        self.page.fill("[name=password]", PASSWORD)
        return self.presses("Se connecter")

    def fills(self, **values: str) -> "Person":
        for name, value in values.items():
            self.page.fill(f"main [name={name}]", value)
        return self

    def presses(self, words: str, inside: str = "main") -> "Person":
        self.page.locator(inside).get_by_role("button", name=words, exact=True).first.click()
        self.page.wait_for_load_state()
        return self

    def follows(self, words: str, inside: str = "main") -> "Person":
        self.page.locator(inside).get_by_role("link", name=words).first.click()
        self.page.wait_for_load_state()
        return self

    def reads(self, *words: str) -> "Person":
        for word in words:
            self.page.get_by_text(word).first.wait_for(state="visible", timeout=8000)
        return self

    def reads_nowhere(self, *words: str) -> "Person":
        text = self.page.inner_text("body")
        assert [word for word in words if word in text] == []
        return self

    def judged(self) -> "Person":
        """Judge the page: no violation of WCAG 2.2 A and AA, nothing wider than the screen.

        Axe is a script that waits: where scripts are off only the width can be judged.
        """
        if self.script:
            result = Axe().run(self.page, options={"runOnly": AXE_TAGS})
            found = [(v["id"], v["nodes"][0]["html"][:160]) for v in result.response["violations"]]
            assert found == [], self.page.url
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"
        return self


@pytest.fixture
def person(chromium: Browser, site: Any) -> Iterator[Callable[..., Person]]:
    """Return a function that seats somebody: `person("doctor")`, signed in, at 1280 or 360 px."""
    opened: list[Any] = []

    def seat(
        name: str, *, width: int = 1280, script: bool = True, signed_in: bool = True
    ) -> Person:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, locale="fr-FR", java_script_enabled=script
        )
        opened.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
        one = Person(page, site.url, name, script=script)
        return one.signs_in() if signed_in else one

    yield seat
    for context in opened:
        context.close()
