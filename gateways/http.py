"""A small threaded HTTP/1.1 server: one function for each stand-in, chosen by the first part of the path."""

import importlib
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gateways import REGISTRY

BODY_LIMIT = 1_000_000


class ConnectionDropped(Exception):  # noqa: N818 (nothing went wrong: the stand-in means to)
    """The stand-in hangs up without an answer."""


@dataclass(frozen=True)
class Request:
    """What came in. `path` is what follows the stand-in's own name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Return the body read as a form, or as JSON when it says so."""
        if "json" in self.headers.get("content-type", ""):
            return dict(json.loads(self.body or b"{}"))
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body or b"{}")


@dataclass(frozen=True)
class Response:
    """What goes out."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: object, status: int = 200, content_type: str = "application/json") -> Response:
    """Return `value` as a JSON answer with exactly this content type."""
    return Response(status, json.dumps(value).encode(), content_type)


def as_text(text: str, status: int = 200, content_type: str = "text/plain") -> Response:
    """Return a text answer."""
    return Response(status, text.encode(), content_type)


Answer = Callable[[Request], Response]


def load() -> dict[str, Any]:
    """Return the modules of the registry by name."""
    return {name: importlib.import_module(module) for name, module in REGISTRY.items()}


def handler_for(apps: Mapping[str, Any]) -> type[BaseHTTPRequestHandler]:
    """Return a request handler that serves these stand-ins."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536
        disable_nagle_algorithm = True
        timeout = 60

        def _serve(self) -> None:
            address = urlsplit(self.path)
            name, _, rest = address.path.lstrip("/").partition("/")
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(min(length, BODY_LIMIT))
            headers = {key.lower(): value for key, value in self.headers.items()}
            query = dict(parse_qsl(address.query, keep_blank_values=True))
            request = Request(self.command, f"/{rest}", query, headers, body)
            if name not in apps:
                known = ", ".join(sorted(apps))
                self._write(as_text(f"Stand-ins here: {known}\n", 404 if name else 200))
                return
            try:
                self._write(apps[name].answer(request))
            except ConnectionDropped:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        def _write(self, response: Response) -> None:
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
            for key, value in response.headers.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(response.body)
            self.wfile.flush()

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 (names that the base class looks for)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

    return Handler


class Server(ThreadingHTTPServer):
    """One thread for each connection."""

    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about callers who hung up."""


def make_server(port: int, host: str = "127.0.0.1") -> Server:
    """Return a listening server with every stand-in of the registry; port 0 chooses a free one."""
    apps = load()
    server = Server((host, port), handler_for(apps))
    address = f"http://{host}:{server.server_address[1]}"
    for name, module in apps.items():
        if hasattr(module, "start"):
            module.start(f"{address}/{name}")
    return server
