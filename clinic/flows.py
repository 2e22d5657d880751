"""Draw the state diagrams of docs/flows from the TRANSITIONS tables: `python -m clinic.flows`."""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "flows"
HEAD = (
    "<!-- Drawn by `python -m clinic.flows` from {source}: change the table, not this page. -->\n\n"
)


@dataclass(frozen=True)
class Table:
    """Which status may follow which, as one app's rules say."""

    app: str
    module: str
    name: str
    table: Mapping[str, Iterable[str]]

    @property
    def title(self) -> str:
        """Return what the table is about, in words."""
        words = self.name.removesuffix("TRANSITIONS").strip("_").replace("_", " ").lower()
        return f"{self.app.capitalize()}: {words}" if words else self.app.capitalize()

    @property
    def page(self) -> str:
        """Return the name of the page that draws it."""
        words = self.name.removesuffix("TRANSITIONS").strip("_").replace("_", "-").lower()
        return f"{self.app}-{words}.md" if words else f"{self.app}.md"


def tables() -> list[Table]:
    """Return every dict whose name ends in TRANSITIONS in the rules of the apps."""
    found = []
    for path in sorted([*ROOT.glob("*/rules.py"), *ROOT.glob("*/rules/*.py")]):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for name, value in vars(importlib.import_module(module)).items():
            if name.endswith("TRANSITIONS") and isinstance(value, Mapping):
                found += _read(path.relative_to(ROOT).parts[0], module, name, value)
    return list({(table.app, table.name): table for table in found}.values())


def _read(app: str, module: str, name: str, value: Mapping[str, Any]) -> list[Table]:
    """Return one table, or one for each thing when the dict holds a table a thing."""
    if not all(isinstance(item, Mapping) for item in value.values()):
        return [Table(app, module, name, value)]
    return [
        Table(app, module, f"{thing.upper().replace('-', '_')}_{name}", table)
        for thing, table in value.items()
    ]


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    return {table.page: draw(table) for table in tables()}


def draw(table: Table) -> str:
    """Return one diagram in Mermaid, which GitHub and GitLab show as a picture."""
    ids = {status: status.replace("-", "_") for status in table.table}
    lines = [f"# {table.title}", "", "```mermaid", "stateDiagram-v2"]
    lines += [f"    {ids[status]} : {status}" for status in table.table]
    reached = {to for goes in table.table.values() for to in goes}
    lines += [f"    [*] --> {ids[status]}" for status in table.table if status not in reached]
    for status, goes in table.table.items():
        lines += [f"    {ids[status]} --> {ids[to]}" for to in goes]
        if not list(goes):
            lines.append(f"    {ids[status]} --> [*]")
    return HEAD.format(source=f"{table.module}.{table.name}") + "\n".join([*lines, "```", ""])


def write() -> None:
    """Write all pages, and remove those of tables that are gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    drawn = pages()
    for path in FOLDER.glob("*.md"):
        if path.name not in drawn:
            path.unlink()
    for name, text in drawn.items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    write()
