"""Make three MongoDB servers one replica set, with a user for Carnet. Run again, it changes nothing.

It runs beside the first server, in its network: until a first user exists, MongoDB lets only a
connection from its own machine make one (the 'localhost exception').
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

SECONDS = 120.0
ALREADY_INITIATED = 23
AUTHENTICATION_FAILED = 18
USER_EXISTS = 51003

Client = MongoClient[dict[str, object]]


def client(address: str, password: str | None = None) -> Client:
    """Return a client of one server, as root when a password is given."""
    return MongoClient(
        f"mongodb://{address}/",
        directConnection=True,
        serverSelectionTimeoutMS=5000,
        username="root" if password else None,
        password=password,
    )


def until(done: Callable[[], bool], what: str) -> None:
    """Wait until `done`, or end this program with a sentence after two minutes."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            if done():
                return
        except PyMongoError as error:
            sys.stdout.write(f"waiting: {what} ({str(error)[:120]})\n")
        time.sleep(0.5)
    sys.exit(f"{what}: not within {SECONDS:.0f} s.")


def answers(address: str) -> Callable[[], bool]:
    """Return a question: does the server at `address` answer?"""

    def asked() -> bool:
        with client(address) as server:
            return bool(server.admin.command("hello")["ok"])

    return asked


def initiate(local: str, members: list[str]) -> None:
    """Make the servers one replica set, at first with the first of them preferred as its primary."""
    config = {
        "_id": "rs0",
        "members": [
            {"_id": number, "host": host, "priority": 2 if number == 0 else 1}
            for number, host in enumerate(members)
        ],
    }
    with client(local) as server:
        try:
            server.admin.command("replSetInitiate", config)
            sys.stdout.write(f"replica set rs0 of {', '.join(members)}\n")
        except OperationFailure as error:
            if error.code != ALREADY_INITIATED:
                raise


def is_primary(local: str) -> Callable[[], bool]:
    """Return a question: does the first server take writes?"""

    def asked() -> bool:
        with client(local) as server:
            return bool(server.admin.command("hello").get("isWritablePrimary"))

    return asked


def has_root(local: str, password: str) -> bool:
    """Tell whether root exists, with the password that we know."""
    try:
        with client(local, password) as server:
            server.admin.command("ping")
    except OperationFailure as error:
        if error.code == AUTHENTICATION_FAILED:
            return False
        raise
    return True


def make_root(local: str, password: str) -> None:
    """Make the first user, by the localhost exception."""
    with client(local) as server:
        server.admin.command("createUser", "root", pwd=password, roles=["root"])


def make_user(cluster: Client, password: str, databases: list[str]) -> None:
    """Make Carnet's own user, or renew it: it may use its databases and no others."""
    roles = [{"role": role, "db": name} for name in databases for role in ("readWrite", "dbAdmin")]
    try:
        cluster.admin.command("createUser", "carnet", pwd=password, roles=roles)
    except OperationFailure as error:
        if error.code != USER_EXISTS:
            raise
        cluster.admin.command("updateUser", "carnet", pwd=password, roles=roles)


def make_equal(cluster: Client) -> None:
    """Let every member be primary alike: one that comes back must not interrupt the one that took over."""
    found: Any = cluster.admin.command("replSetGetConfig")["config"]
    if any(member["priority"] != 1 for member in found["members"]):
        members = [member | {"priority": 1} for member in found["members"]]
        changed = found | {"version": found["version"] + 1, "members": members}
        cluster.admin.command("replSetReconfig", changed)


def main() -> None:
    """Do all of it, with what the environment says."""
    secrets = Path(os.environ.get("MONGO_SECRETS", "/secrets/mongo"))
    local = os.environ.get("MONGO_LOCAL", "127.0.0.1:27017")
    members = os.environ.get("MONGO_HOSTS", "mongo1:27017,mongo2:27017,mongo3:27017").split(",")
    databases = os.environ.get("MONGO_DATABASES", "carnet").split(",")
    root_password = (secrets / "root-password").read_text()
    for address in (local, *members):
        until(answers(address), f"{address} answers")
    if not has_root(local, root_password):
        initiate(local, members)
        until(is_primary(local), "the first server takes writes")
        make_root(local, root_password)
    with Client(
        f"mongodb://{','.join(members)}/?replicaSet=rs0", username="root", password=root_password
    ) as cluster:
        make_equal(cluster)
        make_user(cluster, (secrets / "app-password").read_text(), databases)
    sys.stdout.write("MongoDB is ready.\n")


if __name__ == "__main__":
    main()
