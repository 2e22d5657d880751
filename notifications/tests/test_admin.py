"""An administrator's wording is checked before it is kept."""

import pytest
from django.utils import timezone

from notifications.actions import save_template
from notifications.admin import TemplateForm
from notifications.models import TemplateText
from notifications.queries import text_of


def form(text, kind="appointment-missed", language="fr"):
    return TemplateForm({"kind": kind, "language": language, "text": text})


@pytest.mark.parametrize(
    "text",
    [
        "{name}, {medicine}", "{name", "{name!r} {date}", "{name.pk}", "{0}", "Votre test VIH, {name}", "x" * 320,
        "",
    ],
)  # fmt: skip
def test_a_wrong_text_is_refused(db, text):
    assert "text" in form(text).errors


def test_a_right_text_is_taken_and_used(cast):
    assert form("{name}, on vous a attendu le {date}.").is_valid()
    values = {
        "kind": "appointment-missed",
        "language": "fr",
        "by": cast.admin,
        "now": timezone.now(),
    }
    standard = text_of("appointment-missed", "fr")
    save_template(text="{name}, on vous a attendu.", **values)
    assert text_of("appointment-missed", "fr") == "{name}, on vous a attendu."
    save_template(text="", **values)
    assert text_of("appointment-missed", "fr") == standard
    assert TemplateText.objects.count() == 1


def test_the_page_of_the_administrator_opens(cast, client):
    cast.admin.user.is_superuser = True
    cast.admin.user.save()
    client.force_login(cast.admin.user)
    assert client.get("/admin/notifications/templatetext/add/").status_code == 200
    values = {"kind": "free", "language": "fr", "text": "{text} Merci."}
    assert client.post("/admin/notifications/templatetext/add/", values).status_code == 302
    assert text_of("free", "fr") == "{text} Merci."
    values["text"] = "{text} {medicine}"
    page = client.post("/admin/notifications/templatetext/add/", values)
    assert "Seuls ces mots" in page.content.decode()
    assert client.get("/admin/notifications/templatetext/").status_code == 200
