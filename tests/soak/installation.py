"""The services of docker-compose.yml as processes of this machine: their own commands and environments.

Only what a container engine would give differs: paths of volumes become directories, names of hosts
become ports of 127.0.0.1.
"""

import os
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx

from clinic.embedded import binaries, die_with_parent, free_port
from tests.composition import ROOT, composition

MONGOS = ("mongo1", "mongo2", "mongo3")
WEBS = ("web1", "web2")
SECONDS = 120


def until(done, what, seconds=SECONDS):
    """Wait until `done` returns something true, and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = done()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


class Installation:
    """Everything that `docker compose up` starts, started here."""

    def __init__(self, home: Path):
        self.home = home
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ports = {name: free_port() for name in (*MONGOS, *WEBS, "redis")}
        self.http_port, self.https_port, self.admin_port = free_port(), free_port(), free_port()
        self.services = composition({"HTTPS_PORT": str(self.https_port)})["services"]
        self.address = f"https://localhost:{self.https_port}"

    # What the engine would give -----------------------------------------------------------------

    def local_path(self, word):
        """Return a path of a container as the directory that stands for its volume."""
        for inside, outside in (
            ("/secrets", self.home / "secrets"),
            ("/var/lib/carnet", self.home / "beat"),
            ("/backups", self.home / "backups"),
            ("/etc/caddy", ROOT / "deploy"),
        ):
            if word == inside or word.startswith(f"{inside}/"):
                return str(outside) + word.removeprefix(inside)
        return word

    def command(self, name):
        """Return the service's own command, with programs, paths and addresses of this machine."""
        words = [self.local_path(word) for word in self.services[name]["command"]]
        if name in MONGOS:
            words[0] = str(binaries.find_mongod())
            where = words.index("--bind_ip_all")
            words[where : where + 1] = ["--bind_ip", "127.0.0.1", "--port", str(self.ports[name])]
            words[words.index("--dbpath") + 1] = str(self.home / name)
            words[words.index("--wiredTigerCacheSizeGB") + 1] = "0.25"
            return [*words, "--nounixsocket", "--oplogSize", "128"]
        if name == "redis":
            words[0] = str(binaries.find_redis())
            words[words.index("--dir") + 1] = str(self.home / "redis")
            return [*words, "--port", str(self.ports["redis"]), "--bind", "127.0.0.1"]
        if name == "proxy":
            return [str(Path(sys.executable).with_name("caddy")), *words[1:]]
        return [str(ROOT / "deploy" / "with-secrets"), *words]

    def environment(self, name):
        """Return the service's own environment, with the addresses of this machine."""
        hosts = ",".join(f"127.0.0.1:{self.ports[mongo]}" for mongo in MONGOS)
        base = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "CARNET_SECRETS": str(self.home / "secrets" / "app"),
            "MONGO_SECRETS": str(self.home / "secrets" / "mongo"),
            "MONGO_HOSTS": hosts,
            "MONGO_LOCAL": f"127.0.0.1:{self.ports['mongo1']}",
            "REDIS_HOST": f"127.0.0.1:{self.ports['redis']}",
            "STATIC_ROOT": str(self.home / "static"),
            "CARNET_VAR": str(self.home / "var"),
            "XDG_DATA_HOME": str(self.home / "caddy"),
            "XDG_CONFIG_HOME": str(self.home / "caddy-config"),
        }
        own = {key: str(value) for key, value in self.services[name].get("environment", {}).items()}
        own.pop("HOME", None)
        if name in WEBS:
            own |= {"PORT": str(self.ports[name]), "WEB_CONCURRENCY": "1"}
        if name == "proxy":
            own |= {
                "PROXY_HTTP_PORT": str(self.http_port),
                "PROXY_HTTPS_PORT": str(self.https_port),
                "PROXY_ADMIN": f"127.0.0.1:{self.admin_port}",
                "WEB_1": f"127.0.0.1:{self.ports['web1']}",
                "WEB_2": f"127.0.0.1:{self.ports['web2']}",
            }
        return base | own

    # Starting and stopping ----------------------------------------------------------------------

    def once(self, name, *command):
        """Run a one-shot service, or another command in its place; it must succeed. Return its output."""
        done = subprocess.run(
            list(command) or self.command(name),
            cwd=ROOT,
            env=self.environment(name),
            capture_output=True,
            text=True,
            timeout=SECONDS * 2,
            check=False,
        )
        assert done.returncode == 0, f"{name}: {done.stdout[-2000:]} {done.stderr[-4000:]}"
        return done.stdout

    def start(self, name):
        """Start a lasting service, in a group of its own."""
        for made in (name, "beat", "var"):
            (self.home / made).mkdir(exist_ok=True)
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.command(name),
                cwd=ROOT,
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def kill(self, name):
        """Kill a service and all it started, as a power cut would."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)

    def stop(self, name):
        """Ask a service to stop, as `docker compose stop` does, and wait for its end."""
        process = self.processes.pop(name)
        process.terminate()
        process.wait(60)

    def healthy(self, name):
        """Tell whether the service's own health check, run as a process, succeeds."""
        test = [self.local_path(word) for word in self.services[name]["healthcheck"]["test"]]
        if name in MONGOS or name in {"redis", "proxy"}:
            raise NotImplementedError(name)
        if test[0] == "CMD-SHELL":
            test = ["sh", "-c", *[self.substituted(word) for word in test[1:]]]
        done = subprocess.run(
            test[1:] if test[0] == "CMD" else test,
            cwd=ROOT,
            env=self.environment(name),
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode == 0

    def substituted(self, line):
        """Return a shell line with the paths of volumes replaced."""
        return line.replace("/var/lib/carnet", str(self.home / "beat")).replace(
            "/backups", str(self.home / "backups")
        )

    def up(self):
        """Start everything in the order of `depends_on`."""
        self.once("secrets")
        for name in (*MONGOS, "redis"):
            self.start(name)
        self.once("replica-set")
        self.once("setup")
        # The image does this when it is built.
        self.once(
            "setup",
            "deploy/with-secrets",
            "python",
            "manage.py",
            "collectstatic",
            "--no-input",
            "--verbosity",
            "0",
        )
        for name in (*WEBS, "worker", "beat"):
            self.start(name)
        for name in WEBS:
            until(lambda name=name: self.healthy(name), f"{name} is healthy")
        self.start("proxy")
        until(self.answers, "the proxy answers")

    def down(self):
        """End everything, the servers last, and leave no process."""
        for name in list(self.processes)[::-1]:
            process = self.processes[name]
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)

    # Asking -------------------------------------------------------------------------------------

    def browser(self):
        """Return a client that trusts the proxy's own authority and nothing else."""
        authority = self.home / "caddy" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        return httpx.Client(
            base_url=self.address,
            verify=ssl.create_default_context(cafile=str(authority)),
            timeout=20,
        )

    def answers(self):
        """Tell whether Carnet answers through the proxy."""
        try:
            with self.browser() as browser:
                return browser.get("/healthz").status_code == 200
        except (httpx.HTTPError, OSError):
            return False

    def secret(self, *parts):
        """Return a secret that the first start made."""
        return (self.home / "secrets").joinpath(*parts).read_text()
