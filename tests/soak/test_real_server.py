"""The services of docker-compose.yml as processes: up, healthy, and killed under load."""

import threading
import time

import httpx
import pymongo
import pytest
import redis
from pymongo.errors import OperationFailure, PyMongoError

from tests.soak.installation import MONGOS, Installation, until

pytestmark = [
    pytest.mark.soak,
    pytest.mark.no_servers,
]


@pytest.fixture(scope="module")
def carnet(tmp_path_factory):
    installation = Installation(tmp_path_factory.mktemp("installation"))
    try:
        installation.up()
        yield installation
    finally:
        installation.down()


def mongo(carnet, user=None, **options):
    where = ",".join(f"127.0.0.1:{carnet.ports[name]}" for name in MONGOS)
    password = {"carnet": ("app", "mongo-password"), "root": ("mongo", "root-password")}
    who = f"{user}:{carnet.secret(*password[user])}@" if user else ""
    return pymongo.MongoClient(
        f"mongodb://{who}{where}/?replicaSet=rs0", serverSelectionTimeoutMS=20_000, **options
    )


def test_the_start_may_be_repeated_and_changes_no_secret(carnet):
    before = {
        path: path.read_bytes() for path in (carnet.home / "secrets").rglob("*") if path.is_file()
    }
    carnet.once("secrets")
    carnet.once("replica-set")
    assert "exists already" in carnet.once("setup")
    after = {
        path: path.read_bytes() for path in (carnet.home / "secrets").rglob("*") if path.is_file()
    }
    assert after == before
    assert len(before) == 8
    assert {path.stat().st_mode & 0o777 for path in before} == {0o400}


def test_every_health_check_passes(carnet):
    for name in ("web1", "web2", "worker", "beat"):
        assert until(lambda name=name: carnet.healthy(name), name, seconds=60), name


def test_the_servers_let_nobody_in_without_a_password(carnet):
    with mongo(carnet) as nobody, pytest.raises(OperationFailure, match="requires authentication"):
        nobody.carnet.patients.find_one()
    with mongo(carnet, "carnet") as app:
        app.carnet.list_collection_names()
        with pytest.raises(OperationFailure, match="not authorized"):
            app.other.things.insert_one({})
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=carnet.ports["redis"]).ping()


def test_three_members_hold_the_data(carnet):
    with mongo(carnet, "root") as root:
        until(
            lambda: (
                sorted(one["stateStr"] for one in root.admin.command("replSetGetStatus")["members"])
                == ["PRIMARY", "SECONDARY", "SECONDARY"]
            ),
            "two secondaries",
        )


def test_pages_come_over_tls_with_the_headers_of_production(carnet):
    with carnet.browser() as browser:
        page = browser.get("/", follow_redirects=True)
        assert page.status_code == 200
        assert "max-age=31536000" in page.headers["strict-transport-security"]
        assert page.headers.get("server") is None
        assert all("secure" in cookie.lower() for cookie in page.headers.get_list("set-cookie"))


def test_plain_http_is_sent_to_tls(carnet):
    answer = httpx.get(f"http://localhost:{carnet.http_port}/", follow_redirects=False)
    assert answer.status_code in {301, 308}
    assert answer.headers["location"].startswith("https://localhost")


def test_the_first_administrator_can_sign_in(carnet):
    with carnet.browser() as browser:
        page = browser.get("/admin/", follow_redirects=True)
        token = browser.cookies["csrftoken"]
        answer = browser.post(
            page.url,
            data={
                "username": "admin",
                "password": carnet.secret("app", "first-administrator"),
                "csrfmiddlewaretoken": token,
            },
            headers={"Referer": str(page.url)},
        )
        assert answer.status_code == 302, answer.text[:500]
        assert "sessionid" in answer.headers["set-cookie"]


class Load:
    """Requests from several threads. One that was cut off is sent once more a second later, as its user would."""

    def __init__(self, carnet, threads, ask):
        self.carnet, self.ask = carnet, ask
        self.answered, self.repeated, self.failed = 0, [], []
        self.stop, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.run) for _ in range(threads)]

    def run(self):
        with self.carnet.browser() as browser:
            while not self.stop.is_set():
                first = self.wrong(browser)
                second = None
                if first:
                    time.sleep(1)
                    second = self.wrong(browser)
                with self.lock:
                    self.answered += 1
                    self.repeated += [first] if first else []
                    self.failed += [second] if second else []

    def wrong(self, browser):
        try:
            return self.ask(browser)
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *details):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)


def read_page(browser):
    answer = browser.get("/healthz")
    return None if answer.status_code == 200 else f"GET {answer.status_code}"


def send_form(browser):
    # Without its token the form is refused by Carnet itself: an answer, and nothing is written.
    answer = browser.post("/admin/login/", data={"username": "x"})
    return None if answer.status_code == 403 else f"POST {answer.status_code}"


READERS, SENDERS = 4, 3


def test_one_web_process_killed_under_load_loses_no_request(carnet):
    with Load(carnet, READERS, read_page) as reads, Load(carnet, SENDERS, send_form) as sends:
        for killed in ("web1", "web2"):
            time.sleep(3)
            carnet.kill(killed)
            time.sleep(4)
            carnet.start(killed)
            until(lambda name=killed: carnet.healthy(name), f"{killed} is healthy again")
    # No request was lost, and only what a process had in its hands when it died was sent twice: a GET by
    # the proxy, or by the browser when half an answer had come; a form by its user, since it may be done.
    assert reads.answered > 100
    assert sends.answered > 100
    assert reads.failed == sends.failed == []
    assert len(reads.repeated) <= 2 * READERS, reads.repeated
    assert len(sends.repeated) <= 2 * SENDERS, sends.repeated


def test_a_web_process_asked_to_stop_finishes_what_it_does(carnet):
    with Load(carnet, READERS, read_page) as reads, Load(carnet, SENDERS, send_form) as sends:
        for stopped in ("web1", "web2"):
            time.sleep(2)
            carnet.stop(stopped)
            time.sleep(2)
            carnet.start(stopped)
            until(lambda name=stopped: carnet.healthy(name), f"{stopped} is healthy again")
    assert reads.answered > 100
    assert reads.failed == sends.failed == []
    assert len(reads.repeated) <= READERS, reads.repeated
    assert len(sends.repeated) <= SENDERS, sends.repeated


def test_a_killed_primary_loses_no_acknowledged_write(carnet):
    with mongo(carnet, "carnet", w="majority") as client, mongo(carnet, "root") as root:
        until(lambda: client.primary, "a primary")
        name = next(n for n in MONGOS if carnet.ports[n] == client.primary[1])
        written, slowest, number = [], 0.0, 0
        end = time.monotonic() + 25
        killed, failed_before = False, 0
        while time.monotonic() < end:
            if number == 200 and not killed:
                carnet.kill(name)
                killed = True
            before = time.monotonic()
            try:
                client.carnet.soak_writes.insert_one({"_id": number})
                written.append(number)
            except PyMongoError:
                failed_before += not killed
            slowest = max(slowest, time.monotonic() - before)
            number += 1
        assert killed
        assert failed_before == 0
        assert number > 400
        until(carnet.answers, "Carnet answers with the new primary", seconds=30)
        carnet.start(name)
        until(
            lambda: (
                sorted(one["stateStr"] for one in root.admin.command("replSetGetStatus")["members"])
                == ["PRIMARY", "SECONDARY", "SECONDARY"]
            ),
            "the killed member is back",
        )
        kept = {one["_id"] for one in client.carnet.soak_writes.find()}
        client.carnet.soak_writes.drop()
    assert set(written) <= kept


def test_a_killed_redis_keeps_what_it_was_told_a_second_ago(carnet):
    url = {"port": carnet.ports["redis"], "password": carnet.secret("app", "redis-password")}
    redis.Redis(**url).set("soak", "kept")
    redis.Redis(**url).rpush("soak-queue", "task")
    time.sleep(2.5)
    carnet.kill("redis")
    assert not carnet.answers()
    carnet.start("redis")
    until(carnet.answers, "Carnet answers again", seconds=30)
    assert redis.Redis(**url).get("soak") == b"kept"
    assert redis.Redis(**url).lpop("soak-queue") == b"task"
    until(lambda: carnet.healthy("worker"), "the worker is connected again", seconds=60)


def test_the_backup_service_saves_this_installation(carnet):
    command = carnet.command("backup")
    command[command.index("daily") :] = ["create", str(carnet.home / "backups")]
    archive = carnet.once("backup", *command).strip()
    assert carnet.healthy("backup")
    restore = [
        *command[: command.index("create")],
        "restore",
        archive,
        "--database",
        "carnet_restored",
    ]
    assert "restored" in carnet.once("backup", *restore)
