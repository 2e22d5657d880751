"""A stand-in of DHIS2 2.4x: `dataValueSets` with its import summaries, asynchronous jobs, and nothing else.

As the real one: a token (401), JSON only (415), 400 for what is no JSON; id schemes uid and code; dryRun; values that
are the same are ignored; status 409 with a full summary when a value was not taken (E7641 for a period that is not
open yet); a period is written `2026W5`. `_control/reset` forgets everything, `_control/values` lists what is stored.
The codes of unknown things (E7610 to E7613) are those of its sources as far as they are known.
"""

import json
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from gateways.http import Request, Response, as_json

TOKEN = "d2pat_5xVA12xyUbWNedQxy4ohH77WlxRGVvZZ1151814092"  # noqa: S105 (the stand-in's, of nobody)
DATA_SETS = {"IDSRwkCM001": "IDSR_WEEKLY"}
ELEMENTS = {
    "deMalaria01": "IDSR_MALARIA", "deCholera01": "IDSR_CHOLERA", "deMening001": "IDSR_MENINGITIS",
    "deMeasles01": "IDSR_MEASLES", "deDiarrh001": "IDSR_DIARRHOEA", "deYellow001": "IDSR_YELLOW_FEVER",
    "dePneumon01": "IDSR_PNEUMONIA",
}  # fmt: skip
ORG_UNITS = {
    "ouBiyemAss1": "CM_CE_BIYEM_ASSI", "ouEfoulan01": "CM_CE_EFOULAN", "ouCiteVert1": "CM_CE_CITE_VERTE",
    "ouDeido0001": "CM_LT_DEIDO",
}  # fmt: skip
COMBOS = {
    "HllvX50cXC0": "default", "cocAge00000": "AGE_0", "cocAge01_04": "AGE_1_4", "cocAge05_14": "AGE_5_14",
    "cocAge15_24": "AGE_15_24", "cocAge25_49": "AGE_25_49", "cocAge50000": "AGE_50",
}  # fmt: skip
WEEK = re.compile(r"(\d{4})W(\d{1,2})")
LOCK = threading.Lock()
VALUES: dict[tuple[str, str, str, str], str] = {}
JOBS: dict[str, dict[str, Any]] = {}


def answer(request: Request) -> Response:
    """Answer one request."""
    if request.path.startswith("/_control/"):
        return _control(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "ApiToken" or not secrets.compare_digest(token.encode(), TOKEN.encode()):
        return _message(401, "ERROR", "The API token does not exist")
    if request.path == "/api/dataValueSets" and request.method == "POST":
        return _post(request)
    if request.path.startswith("/api/system/tasks/DATAVALUE_IMPORT/"):
        return _task(request.path.rpartition("/")[2])
    if request.path.startswith("/api/system/taskSummaries/DATAVALUE_IMPORT/"):
        return _summary_of(request.path.rpartition("/")[2])
    if request.path == "/api/system/info":
        return as_json({"version": "2.42.4", "systemName": "DHIS2 stand-in"})
    return _message(404, "ERROR", f"No static resource {request.path.lstrip('/')}.")


def _control(request: Request) -> Response:
    if request.path == "/_control/reset":
        VALUES.clear()
        JOBS.clear()
    rows = [[*key, value] for key, value in sorted(VALUES.items())]
    return as_json(rows)


NAMES = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 409: "Conflict",
         415: "Unsupported Media Type"}  # fmt: skip


def _message(status: int, state: str, text: str, response: Any = None) -> Response:
    body = {"httpStatus": NAMES[status], "httpStatusCode": status, "status": state, "message": text}
    return as_json(body | ({"response": response} if response else {}), status)


def _post(request: Request) -> Response:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return _message(415, "ERROR", "Content-Type is not supported")
    try:
        body = json.loads(request.body)
        is_readable = isinstance(body["dataValues"], list)
    except (ValueError, KeyError, TypeError):
        is_readable = False
    if not is_readable:
        return _message(400, "ERROR", "Unexpected character or missing dataValues")
    if request.query.get("async") == "true":
        return _start(body, request.query)
    summary = _import(body, request.query)
    return _report(summary)


TEXTS = {
    "SUCCESS": "Import was successful.",
    "WARNING": "One or more conflicts encountered, please check import summary.",
    "ERROR": "An error occurred, please check import summary.",
}


def _report(summary: dict[str, Any]) -> Response:
    state = summary["status"]
    status = 200 if state == "SUCCESS" else 409
    return _message(status, {"SUCCESS": "OK"}.get(state, state), TEXTS[state], summary)


class Refused(Exception):  # noqa: N818 (a value that is not taken, no fault of ours)
    """A value is not taken."""

    def __init__(self, code: str, text: str, **objects: str) -> None:
        super().__init__(text)
        self.code, self.text, self.objects = code, text, objects


def _import(body: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """Take what can be taken and return the summary."""
    counts = dict.fromkeys(("imported", "updated", "ignored", "deleted"), 0)
    conflicts: dict[tuple[str, str], dict[str, Any]] = {}
    rejected = []
    data_set = body.get("dataSet")
    if data_set and _resolve(DATA_SETS, data_set, query, "dataSetIdScheme") is None:
        text = f"Data set not found or not accessible: `{data_set}`"
        conflicts["E7600", text] = _conflict("E7600", text, {"dataSet": str(data_set)})
        counts["ignored"], rejected = len(body["dataValues"]), list(range(len(body["dataValues"])))
        return _summary(query, "ERROR", counts, conflicts, rejected)
    with LOCK:
        for index, row in enumerate(_rows(body)):
            try:
                counts[_take(row, query)] += 1
            except Refused as why:
                known = conflicts.setdefault(
                    (why.code, why.text), _conflict(why.code, why.text, why.objects)
                )
                known["indexes"].append(index)
                rejected.append(index)
                counts["ignored"] += 1
    state = "WARNING" if conflicts else "SUCCESS"
    return _summary(query, state, counts, conflicts, rejected)


def _rows(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the values; period and place of the set stand for those that have none."""
    above = {name: body[name] for name in ("period", "orgUnit") if name in body}
    for row in body["dataValues"]:
        yield {**above, **row}


def _conflict(code: str, text: str, objects: Mapping[str, str]) -> dict[str, Any]:
    return {
        "objects": objects,
        "value": text,
        "errorCode": code,
        "property": next(iter(objects), ""),
        "indexes": [],
    }


def _summary(
    query: Mapping[str, str], state: str, counts: Mapping[str, int], conflicts: Mapping[Any, Any], rejected: list[int]
) -> dict[str, Any]:  # fmt: skip
    return {
        "responseType": "ImportSummary", "status": state,
        "importOptions": {
            "idSchemes": {}, "dryRun": query.get("dryRun") == "true", "async": query.get("async") == "true",
            "importStrategy": query.get("importStrategy", "CREATE_AND_UPDATE"),
        },
        "description": "Import process completed successfully", "importCount": counts,
        "conflicts": list(conflicts.values()), "rejectedIndexes": rejected, "dataSetComplete": "false",
    }  # fmt: skip


def _resolve(
    known: Mapping[str, str], name: Any, query: Mapping[str, str], scheme: str
) -> str | None:
    """Return the uid of a thing named in the scheme of the query."""
    if query.get(scheme, query.get("idScheme", "uid")).lower() == "code":
        return next((uid for uid, code in known.items() if code == name), None)
    return name if name in known else None


def _take(row: Mapping[str, Any], query: Mapping[str, str]) -> str:
    """Take one value. Returns how it is counted: imported, updated or ignored.

    Raises:
        Refused: something in it is unknown or not open.
    """
    named = str(row.get("dataElement"))
    element = _resolve(ELEMENTS, row.get("dataElement"), query, "dataElementIdScheme")
    if element is None:
        raise Refused(
            "E7610", f"Data element not found or not accessible: `{named}`", dataElement=named
        )
    period = str(row.get("period"))
    if not _is_week(period):
        raise Refused(
            "E7611", f"Period not valid: `{period}`, data element: `{named}`", period=period
        )
    place = str(row.get("orgUnit"))
    unit = _resolve(ORG_UNITS, row.get("orgUnit"), query, "orgUnitIdScheme")
    if unit is None:
        raise Refused(
            "E7612", f"Organisation unit not found or not accessible: `{place}`, data element: `{named}`", orgUnit=place
        )  # fmt: skip
    option = row.get("categoryOptionCombo", "HllvX50cXC0")
    scheme = "categoryOptionComboIdScheme" if "categoryOptionCombo" in row else ""
    combo = _resolve(COMBOS, option, query if scheme else {}, scheme)
    if combo is None:
        text = f"Category option combo not found or not accessible for writing data: `{option}`"
        raise Refused("E7613", text, categoryOptionCombo=str(option))
    if _is_to_come(period):
        raise Refused(
            "E7641", f"Period: `{period}` is after latest open future period", period=period
        )
    value = str(row.get("value"))
    if not re.fullmatch(r"\d{1,9}", value):
        raise Refused(
            "E7619",
            f"Value must match value type of data element `{named}`: `{value}`",
            value=value,
        )
    return _store((element, period, unit, combo), value, query)


def _store(key: tuple[str, str, str, str], value: str, query: Mapping[str, str]) -> str:
    before = VALUES.get(key)
    strategy = query.get("importStrategy", "CREATE_AND_UPDATE")
    if (
        before == value
        or (before and strategy == "CREATE")
        or (not before and strategy == "UPDATE")
    ):
        return "ignored"
    if query.get("dryRun") != "true":
        VALUES[key] = value
    return "updated" if before else "imported"


def _is_week(period: str) -> bool:
    found = WEEK.fullmatch(period)
    try:
        return bool(found and date.fromisocalendar(int(found[1]), int(found[2]), 1))
    except ValueError:
        return False


def _is_to_come(period: str) -> bool:
    year, week = period.split("W")
    return date.fromisocalendar(int(year), int(week), 1) > datetime.now(UTC).date()


def _start(body: Mapping[str, Any], query: Mapping[str, str]) -> Response:
    job = "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijk23456789") for _ in range(11))
    JOBS[job] = {"at": time.time() + 0.3, "summary": _import(body, query)}
    told = {
        "name": "dataValueImport", "id": job, "created": "2026-01-01T00:00:00.000", "jobType": "DATAVALUE_IMPORT",
        "relativeNotifierEndpoint": f"/api/system/tasks/DATAVALUE_IMPORT/{job}",
    }  # fmt: skip
    return _message(200, "OK", "Initiated dataValueImport", told)


def _task(job: str) -> Response:
    if job not in JOBS:
        return as_json([])
    done = time.time() >= JOBS[job]["at"]
    rows = [{"uid": "a" * 11, "level": "INFO", "category": "DATAVALUE_IMPORT", "message": "Process started",
             "completed": False, "time": "2026-01-01T00:00:00.000"}]  # fmt: skip
    if done:
        rows.insert(
            0, {**rows[0], "uid": "b" * 11, "message": "Import complete", "completed": True}
        )
    return as_json(rows)


def _summary_of(job: str) -> Response:
    ready = job in JOBS and time.time() >= JOBS[job]["at"]
    return as_json(JOBS[job]["summary"] if ready else None)
