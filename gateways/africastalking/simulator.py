"""A phone in the browser, as the service's own simulator: its messages, an answer, a dialled menu."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from gateways.africastalking import callbacks, ussd
from gateways.africastalking.world import WORLD
from gateways.http import Request, Response, as_text

STYLE = Path(__file__).with_suffix(".css").read_text()


def answer(request: Request) -> Response:
    """Show a phone, or do what its form asks and show it again."""
    if request.method == "POST":
        return _act(request.form)
    phone = request.query.get("phone", "").replace(" ", "+")
    return as_text(_page(phone, request.query), 200, "text/html; charset=utf-8")


def _act(form: dict[str, str]) -> Response:
    phone = form.get("phone", "").strip()
    extra: dict[str, str] = {}
    if form.get("sms"):
        callbacks.incoming(phone, form["sms"])
    if "dial" in form or "entry" in form:
        extra = _hop(phone, form)
    where = f"simulator?{urlencode({'phone': phone, **extra})}"
    return Response(303, b"", "text/plain", {"Location": where})


def _hop(phone: str, form: dict[str, str]) -> dict[str, str]:
    session = ussd.SESSIONS.get(form.get("session", ""))
    if session is None or "dial" in form:
        session = ussd.Session(phone)
        ussd.SESSIONS[session.id] = session
    try:
        session.send(None if "dial" in form else form.get("entry", ""))
    except ussd.UssdError as error:
        return {"session": session.id, "problem": str(error)}
    return {"session": session.id}


def _page(phone: str, query: Mapping[str, str]) -> str:
    given = dict(query)
    parts = [_phones(), _messages(phone), _menu(phone, given)] if phone else [_phones()]
    return (
        "<!doctype html><html lang='fr'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>Téléphone {escape(phone)}</title><style>{STYLE}</style><main><h1>Simulateur de téléphone "
        f"{escape(phone)}</h1>{''.join(parts)}</main></html>"
    )


def _phones() -> str:
    numbers = list(dict.fromkeys(row.number for row in reversed(WORLD.sms)))[:20]
    links = "".join(
        f"<a href='simulator?{urlencode({'phone': number})}'>{escape(number)}</a>"
        for number in numbers
    )
    return (
        "<section class='phones'><h2>Téléphone</h2><form><label>Numéro <input name='phone' value='+237' "
        f"inputmode='tel'></label><button>Prendre ce téléphone</button></form><p>{links}</p></section>"
    )


def _messages(phone: str) -> str:
    rows = [row for row in WORLD.sms if row.number == phone][-12:]
    shown = "".join(
        f"<div class='{row.direction}'>{escape(row.text)}<br><span class='when'>"
        f"{escape(', '.join(row.reports))}</span></div>"
        for row in rows
    )
    return (
        f"<section><h2>SMS</h2>{shown or '<p>Aucun message.</p>'}<form method='post' action='simulator'>"
        f"<input type='hidden' name='phone' value='{escape(phone)}'><label>Répondre "
        "<input name='sms' maxlength='160'></label><button>Envoyer</button></form></section>"
    )


def _menu(phone: str, given: dict[str, str]) -> str:
    session = ussd.SESSIONS.get(given.get("session", ""))
    screen = given.get("problem") or (session.last if session else "")
    entry = ""
    if session and session.is_open:
        entry = (
            f"<form method='post' action='simulator'><input type='hidden' name='phone' value='{escape(phone)}'>"
            f"<input type='hidden' name='session' value='{escape(session.id)}'><label>Réponse <input name='entry' "
            "autocomplete='off' autofocus></label><button>Envoyer</button></form>"
        )
    return (
        f"<section><h2>USSD</h2><form method='post' action='simulator'><input type='hidden' name='phone' "
        f"value='{escape(phone)}'><button name='dial' value='1'>Composer {escape(ussd.SERVICE_CODE)}</button></form>"
        f"<pre>{escape(screen)}</pre>{entry}</section>"
    )
