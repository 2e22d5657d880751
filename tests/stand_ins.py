"""The stand-ins of outside services as a process of its own, over real HTTP."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
API_KEY = "stand-in-key"


@dataclass(frozen=True)
class StandIn:
    """One running stand-in of Africa's Talking."""

    url: str
    pid: int

    def control(self, name: str, **data: Any) -> Any:
        """Steer it."""
        request = urllib.request.Request(  # noqa: S310 (loopback)
            f"{self.url}/_control/{name}", json.dumps(data).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())

    def look(self, name: str) -> Any:
        """Look at what it remembers."""
        with urllib.request.urlopen(f"{self.url}/_control/{name}", timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())

    def accepted(self, number: str = "") -> list[dict[str, Any]]:
        """Return the messages it took, or those of one number."""
        rows = [row for row in self.look("messages") if row["direction"] == "out"]
        return [row for row in rows if number in ("", row["number"])]

    def call_back_to(self, address: str, secret: str) -> None:
        """Register the callback addresses of a Carnet, as one does on the dashboard."""
        base = f"{address}/phone/{secret}"
        names = ("delivery", "incoming", "optout", "ussd", "ussd_end")
        self.control("callbacks", **{name: f"{base}/{name.replace('_', '-')}/" for name in names})

    def service(self, name: str) -> str:
        """Return the address of another service that the same process stands in for."""
        return f"{self.url.rpartition('/')[0]}/{name}"

    @property
    def settings(self) -> dict[str, str]:
        """Return the account to send with."""
        return {"username": "sandbox", "api_key": API_KEY, "url": self.url, "sender": ""}


@contextlib.contextmanager
def running_stand_in() -> Iterator[StandIn]:
    """Run the stand-ins on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateways"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "GATEWAYS_PORT": "0", "AT_API_KEY": API_KEY},
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        yield StandIn(f"{address}/africastalking", process.pid)
    finally:
        process.terminate()
        process.wait(10)


def eventually(question: Any, seconds: float = 10.0) -> Any:
    """Ask until the answer is true; return it."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return answer
