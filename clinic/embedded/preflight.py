"""What must hold before anything is started: the port is free, the servers can run here or answer elsewhere."""

import os
import re
import socket

import pymongo
import redis

from clinic import embedded
from clinic.embedded import ServerError

LOOPBACK = "127.0.0.1"


def number(name: str, default: int) -> int:
    """Return the port that an environment variable names."""
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or not 0 < int(value) < 65536:
        raise ServerError(f"{name}={value} is not a port: choose a number from 1024 to 65535.")
    return int(value)


def address() -> str:
    """Return the address at which a browser of this machine finds Carnet."""
    return f"http://{LOOPBACK}:{number('PORT', 8000)}/"


def check_web_port() -> None:
    """Check that the address is free.

    Raises:
        ServerError: it is taken.
    """
    port = number("PORT", 8000)
    host = os.environ.get("HOST") or LOOPBACK
    try:
        socket.getaddrinfo(host, port, socket.AF_INET)
        free = embedded.port_is_free(port, host)
    except OSError:
        raise ServerError(f"HOST={host} is not an address of this machine.") from None
    if port < 1024 and os.geteuid() != 0:
        raise ServerError(f"Port {port} is reserved for root: run `make demo PORT=8000`.")
    if not free:
        raise ServerError(
            f"Port {port} is taken by another program: run `make demo PORT={port + 1}`."
        )


def check_given(uri: str) -> None:
    """Check that a server which the environment names answers, and that MongoDB has transactions.

    Raises:
        ServerError: it does not.
    """
    where = uri.rpartition("@")[2].partition("?")[0]
    try:
        if uri.startswith("mongodb"):
            with pymongo.MongoClient[dict[str, object]](
                uri, serverSelectionTimeoutMS=8000
            ) as client:
                hello = client.admin.command("hello")
            if "setName" not in hello and hello.get("msg") != "isdbgrid":
                raise ServerError(
                    f"The MongoDB at {where} is no replica set, and only those have transactions: "
                    "start it with --replSet and run rs.initiate()."
                )
        else:
            redis.Redis.from_url(uri, socket_connect_timeout=8).ping()
    except (pymongo.errors.PyMongoError, redis.RedisError, ValueError) as error:
        reason = re.split(r" \(|,", str(error))[0]
        raise ServerError(f"The server at {where} does not answer ({reason}).") from None


def choose_servers() -> list[str]:
    """Return the Procfile's servers that must run here, after checking that each can.

    Raises:
        ServerError: one cannot, or its port is taken.
    """
    chosen = []
    for name, variable, port_variable, default, find in (
        ("mongo", "MONGODB_URI", "MONGO_PORT", embedded.MONGO_PORT, embedded.find_mongod),
        ("redis", "REDIS_URL", "REDIS_PORT", embedded.REDIS_PORT, embedded.find_redis),
    ):
        if os.environ.get(variable):
            check_given(os.environ[variable])
            continue
        find()
        port = number(port_variable, default)
        if not embedded.port_is_free(port):
            raise ServerError(
                f"Port {port} is taken by another program: stop it, choose another with "
                f"{port_variable}=..., or set {variable} to use that server."
            )
        chosen.append(name)
    return chosen
