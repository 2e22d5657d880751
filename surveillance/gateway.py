"""DHIS2: one `POST dataValueSets`, with every way it can end told apart."""

from typing import Any

import requests
from django.conf import settings

from surveillance.rules.dhis2 import Names, Payload, Report, read_answer

TIMEOUT = (5, 60)


def is_configured() -> bool:
    """Tell whether there is a DHIS2 to send to."""
    return bool(settings.DHIS2["url"] and settings.DHIS2["token"])


def send(payload: Payload, names: Names, *, is_dry_run: bool) -> Report:
    """Send a week's values, or let DHIS2 only try them. Raises nothing.

    The strategy is said each time, for the default differs between versions; values sent again are ignored by DHIS2
    or updated, so that sending twice does no harm.
    """
    scheme = settings.DHIS2["id_scheme"]
    params = {
        "importStrategy": "CREATE_AND_UPDATE", "dryRun": "true" if is_dry_run else "false", "async": "false",
        "dataElementIdScheme": scheme, "orgUnitIdScheme": scheme, "categoryOptionComboIdScheme": scheme,
        "dataSetIdScheme": scheme,
    }  # fmt: skip
    try:
        answer = requests.post(
            f"{settings.DHIS2['url'].rstrip('/')}/api/dataValueSets", params=params, json=payload.body(names),
            headers={"Authorization": f"ApiToken {settings.DHIS2['token']}", "Accept": "application/json"},
            timeout=TIMEOUT, allow_redirects=False,
        )  # fmt: skip
    except requests.ConnectTimeout:
        return Report("unreachable")
    except requests.ConnectionError as error:
        return Report("unreachable" if _never_was(error) else "unknown")
    except requests.RequestException:
        return Report("unknown")
    return read_answer(answer.status_code, _json(answer), payload)


def _never_was(error: requests.ConnectionError) -> bool:
    return "NewConnectionError" in repr(error) or "NameResolution" in repr(error)


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
