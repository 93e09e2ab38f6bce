"""Builds the JSON of a run from what was recorded of it, whether by this process or by one that has died."""

from __future__ import annotations

import datetime
import json
import os
import time
import uuid
from typing import Any, Dict, List, Optional

from ._privacy import SANITIZED_MESSAGE

Json = Dict[str, Any]

#: Records of one run; what is beyond is left out, because the server would refuse the whole run.
MAX_STEPS = 10_000
MAX_RECORDS = 10_000


class Records:
    """What is known of one run. `failure` is the last one that was recorded."""

    def __init__(self) -> None:
        self.steps: List[Json] = []
        self.decisions: List[Json] = []
        self.quality_signals: List[Json] = []
        self.failure: Optional[Json] = None


def build_body(header: Json, records: Records, status: str, ended_at: str) -> bytes:
    """The body of `POST /v1/runs`. `seq` is made gapless, and a reference to a step that never was becomes null."""
    steps = [
        {**step, "seq": seq}
        for seq, step in enumerate(sorted(records.steps, key=lambda each: each["seq"]))
    ]
    known = {step["step_id"] for step in steps}

    def linked(record: Json) -> Json:
        return record if record["step_id"] in known else {**record, "step_id": None}

    failure = linked(records.failure) if records.failure is not None else None
    if status == "failure" and failure is None:
        failure = {
            "step_id": None,
            "failure_type": "orchestration",
            "failure_code": "unspecified",
            "message": "The run was marked as failed without a recorded failure",
        }
    body: Json = {**header, "status": status, "ended_at": ended_at, "steps": steps, "failure": failure}
    if records.decisions:
        body["decisions"] = [linked(each) for each in records.decisions]
    if records.quality_signals:
        body["quality_signals"] = [linked(each) for each in records.quality_signals]
    return encode(body)


def partial_body(lines: List[bytes]) -> Optional[bytes]:
    """The body of a run whose process died, from its journal; None when not even its first line can be read."""
    header: Optional[Json] = None
    records = Records()
    ended_at = ""
    for line in lines:
        try:
            entry = json.loads(line)
            kind, value = entry["kind"], entry["value"]
        except (ValueError, KeyError, TypeError):
            continue  # The line that was being written when the process died.
        if kind == "run":
            header, ended_at = value, max(ended_at, value["started_at"])
        elif kind == "step":
            records.steps.append(value)
            ended_at = max(ended_at, value["ended_at"])
        elif kind == "decision":
            records.decisions.append(value)
        elif kind == "quality_signal":
            records.quality_signals.append(value)
        elif kind == "failure":
            records.failure = value
    if header is None:
        return None
    if records.failure is None:
        records.failure = {
            "step_id": None,
            "failure_type": "orchestration",
            "failure_code": "process_died",
            "message": "The process ended before the run did",
        }
    return build_body(header, records, "partial", ended_at)


def reduced_body(body: bytes) -> Optional[bytes]:
    """The same run without metadata, candidates and the words of its failure; None when it has none of these."""
    try:
        run = json.loads(body)
    except ValueError:
        return None
    for record in [*run["steps"], *run.get("decisions", ()), *run.get("quality_signals", ())]:
        record["metadata"] = {}
        record.pop("candidates", None)
    if run.get("failure"):
        run["failure"]["message"] = SANITIZED_MESSAGE
    smaller = encode(run)
    return None if smaller == body else smaller


def encode(value: Any) -> bytes:
    """Compact JSON in ASCII."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def new_id() -> str:
    """A UUID of version 7: it begins with the time, so that rows that are written together lie together."""
    stamp = int(time.time() * 1_000) & 0xFFFF_FFFF_FFFF
    noise = int.from_bytes(os.urandom(10), "big")
    value = (stamp << 80) | (noise & ((1 << 80) - 1))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(uuid.UUID(int=value))


class Clock:
    """Wall time that never goes back within a run, even when somebody sets the clock of the machine."""

    def __init__(self) -> None:
        self._wall = datetime.datetime.now(datetime.timezone.utc)
        self._mono = time.perf_counter()

    def now(self) -> datetime.datetime:
        """The present, in UTC."""
        return self._wall + datetime.timedelta(seconds=time.perf_counter() - self._mono)


def stamp(moment: datetime.datetime) -> str:
    """RFC 3339 with microseconds and `+00:00`."""
    return moment.isoformat(timespec="microseconds")
