"""The story of docs/api.md, run as it stands against a real server."""

import os
import re
import subprocess
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.composition import ROOT
from tests.factories import PASSWORD

TEXT = (ROOT / "docs" / "api.md").read_text()


def test_the_curl_story_says_what_its_comments_say(cast: Any, site: Any) -> None:
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))
    expected = re.findall(r"  # (\S+)$", script, re.MULTILINE)
    assert len(expected) >= 6
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True, text=True, timeout=60,
        env={
            "PATH": os.environ["PATH"], "CARNET": site.url, "PASSWORD": PASSWORD,
            "DESK_USER": "receptionist", "DOCTOR_USER": "doctor", "PHARMACIST_USER": "pharmacist",
            "DAY": (timezone.now() + timedelta(days=2)).date().isoformat(), "NO_PROXY": "*",
        },
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == expected
