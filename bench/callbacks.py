"""Measures 1,000 callbacks of a provider in a minute while 20 staff use pages, beside a bare Django view.

usage: python -m bench.callbacks [CALLBACKS] (needs MongoDB and Redis: `make bench`)

The web server, a worker that asks the provider and books, and the stand-ins are processes of their own. The bare view
is served by the same gunicorn with the same settings, and called in turn with Carnet, so that both meet the same load.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CALLBACKS, SECONDS, STAFF, THINKING_S = 1000, 60.0, 20, 3.0
SHARED = 10  # instalments of one invoice, asked for at once: setting up is not measured
NAME = "carnet_bench_callbacks"
LOST = float("inf")
ACCOUNT = {
    "MOMO_SUBSCRIPTION_KEY": "stand-in-collections", "MOMO_API_USER": "5f1b0f4e-0d0a-4a5f-9c3e-0f5f3c1d2e11",
    "MOMO_API_KEY": "stand-in-api-key",
}  # fmt: skip
urlpatterns: list[Any] = []


def bare() -> Any:
    """Return the bare Django application: one view that reads the body and answers."""
    from django.conf import settings  # noqa: PLC0415 (another process)

    settings.configure(
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY=os.urandom(20).hex(), MIDDLEWARE=[]
    )
    import django  # noqa: PLC0415

    django.setup()
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415
    from django.http import JsonResponse  # noqa: PLC0415
    from django.urls import path  # noqa: PLC0415

    def answer(request: Any, token: str) -> Any:
        json.loads(request.body)
        return JsonResponse({"ResultCode": 0, "ResultDesc": "Accepted"})

    urlpatterns.append(path("in/pay/<slug:token>/", answer))
    return get_wsgi_application()


class Servers:
    """The processes of this measurement."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, **environment: str) -> None:
        """Start one."""
        env = {**os.environ, **environment}
        self.running.append(
            subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
            )
        )

    def web(self, application: str) -> int:
        """Serve an application as Carnet is served; return its port."""
        from clinic.embedded import free_port, port_is_free  # noqa: PLC0415

        port = free_port()
        self.start(
            "gunicorn", "--config", "clinic/gunicorn.py", application,
            BIND=f"127.0.0.1:{port}", WEB_CONCURRENCY="2", PYTHONWARNINGS="ignore",
        )  # fmt: skip
        while port_is_free(port):
            time.sleep(0.1)
        return port

    def stop(self) -> None:
        """Stop all, the last first."""
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            process.wait(30)


def ask(port: int, method: str, path: str, body: bytes = b"", cookie: str = "") -> int:
    """Send one request on a connection of its own, as a provider does; return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Cookie": cookie, "Content-Type": "application/json"}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def prepare(count: int) -> tuple[Any, list[str], list[Any]]:
    """Write the staff and `count` payments that wait for the customer; return facility, cookies and attempts."""
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from billing.actions import phone  # noqa: PLC0415
    from billing.models import PaymentAttempt  # noqa: PLC0415
    from billing.tests.making import make_invoice  # noqa: PLC0415
    from tests.factories import make_facility, make_patient, make_staff  # noqa: PLC0415

    place = make_facility("Clinique A", sms_name="A")
    desks = [make_staff("receptionist", place, f"desk{number}") for number in range(STAFF)]
    cookies = []
    for desk in desks:
        client = Client()
        client.force_login(desk.user)
        cookies.append(
            f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        )
    for number in range(0, count, SHARED):
        patient = make_patient(desks[0], phone=f"+2376770{number:05d}")
        invoice = make_invoice(desks[0], 1500 * SHARED, patient=patient)
        for _ in range(min(SHARED, count - number)):
            phone.request_payment(
                invoice=invoice, provider_name="momo", phone=patient.phone, amount=1500, by=desks[0],
                now=timezone.now(),
            )  # fmt: skip
    waiting = PaymentAttempt.objects.filter(status="pending")
    deadline = time.monotonic() + 300
    while waiting.count() < count:
        if time.monotonic() > deadline:
            raise TimeoutError("the worker did not send all requests")
        time.sleep(0.5)
    return place, cookies, list(waiting)


def pages_of(place: Any) -> list[str]:
    """Return pages that a cashier's desk opens all day."""
    from billing.models import Invoice  # noqa: PLC0415

    invoices = list(Invoice.objects.filter(facility=place)[:20])
    return [
        "/billing/",
        "/patients/?q=ngo",
        *[f"/billing/invoice/{row.pk}/" for row in invoices],
        *[f"/billing/patient/{row.patient_id}/" for row in invoices],
    ]


def use_pages(
    port: int, cookie: str, pages: list[str], number: int, over: threading.Event, took: list[float]
) -> None:
    """Open one page after the other, with time to read it, until all is over."""
    time.sleep(THINKING_S * number / STAFF)
    while not over.is_set():
        began = time.perf_counter()
        status = ask(port, "GET", pages[number % len(pages)], cookie=cookie)
        took.append((time.perf_counter() - began) * 1000 if status == 200 else LOST)
        number += 7
        over.wait(THINKING_S)


def call(port: int, token: str, body: bytes, due: float, took: list[float]) -> None:
    """Send a callback at its moment; what is late counts as waiting."""
    time.sleep(max(due - time.perf_counter(), 0))
    status = ask(port, "POST", f"/in/pay/{token}/", body)
    took.append((time.perf_counter() - due) * 1000 if status == 200 else LOST)


def send_all(ports: tuple[int, int], attempts: list[Any]) -> tuple[list[float], list[float]]:
    """Send each callback to Carnet and, half a step later, to the bare view."""
    ours: list[float] = []
    bares: list[float] = []
    step, began = SECONDS / len(attempts), time.perf_counter() + 1
    with ThreadPoolExecutor(64) as pool:
        for number, row in enumerate(attempts):
            said = {
                "externalId": row.reference.replace("-", ""), "amount": str(int(row.amount)), "currency": "XAF",
                "financialTransactionId": str(number), "status": "SUCCESSFUL",
            }  # fmt: skip
            body, due = json.dumps(said).encode(), began + number * step
            time.sleep(max(due - time.perf_counter() - 1, 0))
            pool.submit(call, ports[0], row.callback_token, body, due, ours)
            pool.submit(call, ports[1], row.callback_token, body, due + step / 2, bares)
    return ours, bares


def percentile(values: list[float], share: float) -> float:
    """Return a percentile: 0.5 is the median."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def shown(name: str, values: list[float]) -> str:
    """Return a line with count, p50 and p99."""
    return f"{name:28}{len(values):7,}   p50 {percentile(values, 0.5):7.1f} ms   p99 {percentile(values, 0.99):7.1f} ms"


def main(count: int = CALLBACKS) -> int:
    """Print the figures. Returns 1 when a callback was not taken, or the books do not show every payment once."""
    from tests.stand_ins import running_stand_in  # noqa: PLC0415 (the environment is made below)

    os.environ.update(
        CARNET_ENV="test", DJANGO_SETTINGS_MODULE="clinic.settings", CELERY_EAGER="0", MONGODB_NAME=NAME,
        CACHE_PREFIX=NAME, **ACCOUNT,
    )  # fmt: skip
    servers = Servers()
    with running_stand_in() as stand_in:
        momo = stand_in.url.replace("africastalking", "momo")
        os.environ["MOMO_URL"] = momo
        import django  # noqa: PLC0415

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connection  # noqa: PLC0415

        connection.ensure_connection()
        connection.database.client.drop_database(NAME)  # type: ignore[attr-defined]
        call_command("migrate", verbosity=0)
        _control(momo, "settings", {"seconds": 0, "callback_host": ""})
        try:
            servers.start(
                "celery", "-q", "-A", "clinic", "worker", "-c", "1", "--loglevel", "error", "--without-gossip",
                "--without-mingle",
            )  # fmt: skip
            return _measure(servers, count)
        finally:
            servers.stop()
            connection.database.client.drop_database(NAME)  # type: ignore[attr-defined]


def _control(address: str, name: str, body: dict[str, Any]) -> None:
    host = address.removeprefix("http://").split("/")
    connection = http.client.HTTPConnection(host[0], timeout=30)
    connection.request("POST", f"/{host[1]}/_control/{name}", json.dumps(body))
    connection.getresponse().read()


def _measure(servers: Servers, count: int) -> int:
    place, cookies, attempts = prepare(count)
    ports = servers.web("clinic.wsgi:application"), servers.web("bench.callbacks:bare()")
    pages, staff, over = pages_of(place), [], threading.Event()
    for warm in range(20):
        ask(ports[0], "GET", pages[warm % len(pages)], cookie=cookies[warm % STAFF])
        ask(ports[1], "POST", "/in/pay/x/", b"{}")
    people = [
        threading.Thread(target=use_pages, args=(ports[0], cookie, pages, number, over, staff))
        for number, cookie in enumerate(cookies)
    ]
    for person in people:
        person.start()
    ours, bares = send_all(ports, attempts)
    over.set()
    for person in people:
        person.join()
    return _report(ours, bares, staff) + _books(place, count)


def _report(ours: list[float], bares: list[float], staff: list[float]) -> int:
    print(shown("callbacks to Carnet", ours))
    print(shown("callbacks to a bare view", bares))
    ratios = [percentile(ours, share) / percentile(bares, share) for share in (0.5, 0.99)]
    print(f"{'Carnet / bare view':35}   p50 {ratios[0]:7.1f} ×    p99 {ratios[1]:7.1f} ×")
    print(shown(f"pages of {STAFF} staff", staff))
    lost = sum(value == LOST for value in (*ours, *bares, *staff))
    print(f"refused or lost: {lost}")
    return int(lost > 0)


def _books(place: Any, count: int) -> int:
    """Wait until the worker has booked what the callbacks told of."""
    from billing.models import Payment  # noqa: PLC0415
    from billing.queries import unsound  # noqa: PLC0415

    began = time.monotonic()
    while Payment.objects.count() < count and time.monotonic() - began < SECONDS * 4:
        time.sleep(0.2)
    booked, waited, wrong = Payment.objects.count(), time.monotonic() - began, unsound(place.pk)
    print(f"{booked:,} of {count:,} booked by one worker {waited:.1f} s after the last callback")
    print(f"the books: {', '.join(wrong) if wrong else 'sound'}")
    return int(booked != count or bool(wrong))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLBACKS))
