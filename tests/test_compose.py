"""docker-compose.yml fits the compose specification and keeps its promises. Nothing is run here."""

import os
import re
import subprocess
import sys

import pytest
import yaml
from compose_spec import PyCompose

from tests.composition import ROOT, as_json, composition

pytestmark = pytest.mark.no_servers

ONE_SHOT = {"secrets", "replica-set", "setup", "test"}
DEFAULT = {
    "secrets", "mongo1", "mongo2", "mongo3", "replica-set", "redis", "setup",
    "web1", "web2", "worker", "beat", "proxy",
}  # fmt: skip


@pytest.fixture(scope="module")
def compose():
    return composition()


def services(compose, *without):
    return {name: service for name, service in compose["services"].items() if name not in without}


def test_it_fits_the_specification(compose):
    checked = PyCompose.from_json(as_json(compose)).to_spec()
    assert set(checked.services) == set(compose["services"])


@pytest.mark.parametrize("spoilt", [{"command": {"a": 1}}, {"depends_on": 3}, {"no_such_key": 1}])
def test_the_checker_refuses_what_does_not_fit(compose, spoilt):
    bad = compose | {
        "services": compose["services"] | {"web1": compose["services"]["web1"] | spoilt}
    }
    with pytest.raises(ValueError):  # noqa: PT011 (the checker's own words change)
        PyCompose.from_json(as_json(bad)).to_spec()


def test_up_without_a_profile_starts_all_of_carnet(compose):
    assert {
        name for name, service in compose["services"].items() if "profiles" not in service
    } == DEFAULT
    profiles = {
        profile
        for service in compose["services"].values()
        for profile in service.get("profiles", [])
    }
    assert profiles == {"dev", "test", "prod"}


def test_nothing_must_be_edited():
    text = (ROOT / "docker-compose.yml").read_text()
    names = set(re.findall(r"\$\{([A-Z0-9_]+)", text))
    assert re.findall(r"\$\{[A-Z0-9_]+(?!:-)[^A-Z0-9_:]", text) == []
    explained = set(
        re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    )
    assert names <= explained


def test_every_reference_leads_somewhere(compose):
    volumes, networks = set(compose["volumes"]), set(compose["networks"])
    for name, service in compose["services"].items():
        assert set(service.get("depends_on", {})) <= set(compose["services"]), name
        assert set(service.get("networks", [])) <= networks, name
        named = {volume.split(":")[0] for volume in service.get("volumes", [])} - {"."}
        assert named <= volumes, name


def test_no_container_runs_as_root_or_writes_its_own_files(compose):
    for name, service in compose["services"].items():
        assert service["user"].split(":")[0] != "0", name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service.get("read_only") or name == "test", name
        assert "privileged" not in service, name


def test_every_lasting_service_has_a_health_check_and_comes_back(compose):
    for name, service in services(compose, *ONE_SHOT).items():
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name


def test_only_the_proxy_is_reachable_from_outside(compose):
    assert {name for name, service in compose["services"].items() if "ports" in service} == {
        "proxy",
        "dev",
    }
    assert all(port.startswith("127.0.0.1:") for port in compose["services"]["dev"]["ports"])
    for name in ("mongo1", "mongo2", "mongo3", "redis"):
        assert compose["services"][name]["networks"] == ["data"]
    assert compose["networks"]["data"] == {"internal": True}


def test_no_secret_stands_in_the_file(compose):
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            assert not re.search(r"PASSWORD|SECRET|KEY|TOKEN", key) or value == "", f"{name}.{key}"


def test_a_server_reads_no_secret_of_another(compose):
    readers = {}
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            if "-secrets:" in volume:
                readers.setdefault(volume.split(":")[0], set()).add(name)
                assert volume.endswith(":ro") or name == "secrets", name
    assert readers["mongo-secrets"] == {"secrets", "mongo1", "mongo2", "mongo3", "replica-set"}
    assert readers["redis-secrets"] == {"secrets", "redis"}


def test_there_are_two_web_processes_and_one_beat(compose):
    gunicorns = [name for name, s in compose["services"].items() if s["command"][0] == "gunicorn"]
    beats = [name for name, s in compose["services"].items() if "beat" in s["command"]]
    assert gunicorns == ["web1", "web2"]
    assert beats == ["beat"]
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text()
    assert "{$WEB_1:web1:8000} {$WEB_2:web2:8000}" in caddyfile


def test_images_name_their_major_version(compose):
    for name, service in compose["services"].items():
        if "build" not in service:
            assert re.fullmatch(r"(mongo|redis):\d+", service["image"]), name
    for line in re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        assert re.fullmatch(r"(python:3\.\d+-slim-bookworm|caddy:2\.11)", line), line


def test_each_build_names_a_stage_of_the_dockerfile(compose):
    stages = set(re.findall(r"^FROM \S+ AS (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    used = {s["build"]["target"] for s in compose["services"].values() if "build" in s}
    assert used <= stages


def test_each_file_that_a_command_names_exists(compose):
    for name, service in compose["services"].items():
        words = [*service["command"], *service.get("healthcheck", {}).get("test", [])]
        for word in words:
            if re.match(r"(deploy|clinic)/", word):
                assert (ROOT / word).is_file(), f"{name}: {word}"


def test_merged_keys_are_those_of_yaml_itself():
    assert "<<" not in yaml.safe_dump(composition())


def test_a_newer_version_gets_the_secret_it_wants_more_and_changes_none(tmp_path):
    make = [sys.executable, ROOT / "deploy" / "make_secrets.py", tmp_path]
    subprocess.run(make, check=True, capture_output=True)
    path = tmp_path / "app" / "app.env"
    first = path.read_text()
    subprocess.run(make, check=True, capture_output=True)
    assert path.read_text() == first
    kept = [line for line in first.splitlines() if not line.startswith("PHONE_CALLBACK_SECRET")]
    path.chmod(0o600)
    path.write_text("\n".join(kept) + "\n")
    subprocess.run(make, check=True, capture_output=True)
    lines = path.read_text().splitlines()
    assert lines[:-1] == kept
    assert lines[-1].startswith("PHONE_CALLBACK_SECRET=")
    assert path.stat().st_mode & 0o777 == 0o400


def test_what_the_environment_names_wins_over_the_secrets(tmp_path):
    (tmp_path / "app.env").write_text("A=file with spaces & 'quotes' $HOME\nB=file\nC=file\n")
    said = subprocess.run(
        [
            ROOT / "deploy" / "with-secrets",
            sys.executable,
            "-c",
            "import os; print(*map(os.environ.get, 'ABC'), sep='|')",
        ],
        env={"PATH": os.environ["PATH"], "CARNET_SECRETS": str(tmp_path), "B": "given", "C": ""},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.strip() == "file with spaces & 'quotes' $HOME|given|file"
