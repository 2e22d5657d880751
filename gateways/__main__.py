"""Serve the stand-ins on 127.0.0.1, port GATEWAYS_PORT (8010): `python -m gateways`."""

import os
import signal
import sys

from gateways.http import make_server

PORT = 8010


def main() -> None:
    """Serve until a signal; the address is printed on the first line."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = make_server(int(os.environ.get("GATEWAYS_PORT", PORT)))
    host, port = server.server_address[:2]
    sys.stdout.write(f"http://{host!s}:{port}\n")
    sys.stdout.flush()
    try:
        server.serve_forever(poll_interval=0.2)
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
