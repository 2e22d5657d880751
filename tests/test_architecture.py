"""What the tree promises: only actions write, every status has its table, the drawings are current."""

import ast
import importlib
from pathlib import Path

import pytest
from django.apps import apps

from clinic import flows

pytestmark = pytest.mark.no_servers
ROOT = Path(__file__).resolve().parent.parent
APPS = (
    "accounts", "audit", "patients", "notifications", "billing", "appointments", "consultations", "pharmacy",
    "surveillance", "offline", "phone",
)  # fmt: skip
PURE = ("patients", "billing", "appointments", "consultations", "pharmacy", "surveillance")
# Who else may write, and why.
WRITERS = {
    "notifications/queue.py": "the one call by which other apps ask for a message",
    "billing/charges.py": "the one call by which other apps record what is owed",
}
# A word that came from outside and is kept as it came is no state of ours.
# A payment is written once, when the money is there.
NOT_STATES = {"notifications.DeliveryReport", "billing.Payment"}
WRITES = {
    "save", "create", "bulk_create", "bulk_update", "get_or_create", "update_or_create", "insert_one",
    "insert_many", "update_one", "update_many", "delete_one", "delete_many", "replace_one", "bulk_write",
    "find_one_and_update", "assign_perm", "remove_perm", "claim", "set_password",
}  # fmt: skip
SHARED_CALLS = {"update", "delete"}  # dicts, sets, hashes and caches have these too
NOT_DOCUMENTS = {"cache", "session", "hashlib", "digest", "data", "context", "values"}


def modules() -> list[Path]:
    found = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    return [path for path in found if not {"tests", "migrations", "management"} & set(path.parts)]


def writes_in(source: str) -> list[tuple[int, str]]:
    """Lines on which something is written to the database."""
    return [
        (node.lineno, ast.unparse(node.func))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and is_write(node)
    ]


def is_write(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in ("assign_perm", "remove_perm", "claim")
    if not isinstance(call.func, ast.Attribute):
        return False
    name, on = call.func.attr, ast.unparse(call.func.value)
    if name in SHARED_CALLS:
        return "objects" in on or ".filter(" in on or ("." not in on and writes_rows(call, on))
    return name in WRITES and not on.startswith(("actions", "patients.actions", "super()", "form"))


def writes_rows(call: ast.Call, on: str) -> bool:
    """`row.delete()` and `rows.update(field=…)` write; `seen.update(other)` does not."""
    if on in NOT_DOCUMENTS:
        return False
    return (call.func.attr == "delete" and not call.args) or bool(call.keywords and not call.args)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("Patient.objects.create(name=1)", True),
        ("row.save()", True),
        ("Patient.objects.filter(pk=1).update(name=1)", True),
        ("rows.update(status='x')", True),
        ("row.delete()", True),
        ("collection(Patient).insert_many([])", True),
        ("assign_perm('x', user, place)", True),
        ("seen.update({'a': 1})", False),
        ("actions.create(by=actor)", False),
        ("cache.delete('key')", False),
    ],
)
def test_the_reader_of_writes_knows_one_when_it_sees_it(source: str, found: bool) -> None:
    assert bool(writes_in(source)) is found


def test_only_actions_write() -> None:
    found = {}
    for path in modules():
        name = path.relative_to(ROOT).as_posix()
        if path.stem == "actions" or "actions" in path.parts or name in WRITERS:
            continue
        if lines := writes_in(path.read_text()):
            found[name] = lines
    assert found == {}


def test_views_and_queries_open_no_transaction() -> None:
    for path in modules():
        if path.stem in ("views", "queries", "api", "forms") or "views" in path.parts:
            assert "atomic(" not in path.read_text(), path


def test_rules_import_neither_django_nor_the_clock() -> None:
    for path in modules():
        if path.relative_to(ROOT).parts[0] not in PURE or "rules" not in (path.stem, *path.parts):
            continue
        tree = ast.parse(path.read_text())
        imported = {
            alias.name.split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import)
            for alias in node.names
        } | {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
        }
        assert not imported & {"django", "rest_framework", "pymongo", "django_mongodb_backend"}, (
            path
        )
        called = {ast.unparse(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        assert not called & {"datetime.now", "date.today", "timezone.now", "time.time"}, path


def state_fields() -> list[tuple[str, frozenset[str]]]:
    """Every field called `status` of the product's models, embedded ones too, with its choices."""
    found = []
    for model in apps.get_models(include_auto_created=False):
        if model._meta.app_label not in APPS:
            continue
        for field in model._meta.concrete_fields:
            if field.name == "status" and field.get_internal_type() == "CharField":
                choices = frozenset(str(value) for value, _ in field.flatchoices)
                found.append((f"{model._meta.app_label}.{model.__name__}", choices))
    return found


def test_every_status_stands_in_a_table_of_its_app() -> None:
    tables = flows.tables()
    assert len(state_fields()) >= 8
    for name, choices in state_fields():
        if name in NOT_STATES:
            continue
        known = [frozenset(t.table) for t in tables if t.app == name.split(".")[0]]
        assert choices, f"{name}.status has no choices"
        assert choices in known, f"{name}.status {sorted(choices)} has no TRANSITIONS"


def test_a_table_names_no_status_that_it_does_not_have() -> None:
    for table in flows.tables():
        targets = {to for goes in table.table.values() for to in goes}
        assert targets <= set(table.table), table.name


def test_the_drawings_of_the_states_are_current() -> None:
    drawn = {path.name: path.read_text() for path in (ROOT / "docs" / "flows").glob("*.md")}
    assert drawn == flows.pages(), "run: python -m clinic.flows"


def test_every_app_module_can_be_imported() -> None:
    for path in modules():
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        importlib.import_module(name)
