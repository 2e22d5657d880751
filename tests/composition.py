"""docker-compose.yml as a container engine would read it: variables filled in, services resolved."""

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+):-([^${}]*)\}")


def interpolated(text, environment):
    """Fill in `${NAME:-default}`, the innermost first, and then `$$`."""
    while VARIABLE.search(text):
        text = VARIABLE.sub(lambda found: environment.get(found[1]) or found[2], text)
    return text.replace("$$", "$")


def _filled(value, environment):
    if isinstance(value, str):
        return interpolated(value, environment)
    if isinstance(value, list):
        return [_filled(item, environment) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, environment) for key, item in value.items()}
    return value


def composition(environment=()):
    """Return the whole file as data."""
    return _filled(yaml.safe_load((ROOT / "docker-compose.yml").read_text()), dict(environment))


def as_json(data):
    """Return the file as the checker of the specification takes it."""
    return json.dumps({key: value for key, value in data.items() if not key.startswith("x-")})
