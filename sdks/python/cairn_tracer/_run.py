"""What the agent holds: a run and its steps. No method raises; an exception of the agent passes through unchanged."""

from __future__ import annotations

import datetime
import functools
import json
import logging
import os
import threading
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional, TypeVar, cast

from . import _vocabulary as vocabulary
from ._body import MAX_RECORDS, MAX_STEPS, Clock, Json, Records, build_body, new_id, stamp
from ._clean import (
    clean_candidates,
    clean_id,
    clean_label,
    clean_message,
    clean_record_metadata,
    clean_share,
    clean_step_metadata,
    clean_usage,
)

if TYPE_CHECKING:
    from ._delivery import Delivery
    from ._spool import Journal

log = logging.getLogger("cairn_tracer")
Method = TypeVar("Method", bound=Callable[..., Any])

_MAX_METADATA_CHARS = 60_000
_MAX_LATENCY_MS = 2**31 - 1


def never_raises(method: Method) -> Method:
    """Logs what goes wrong in a method of the tracer and returns None in its place."""

    @functools.wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except Exception:
            log.exception("The tracer failed in %s; the agent goes on", method.__name__)
            return None

    return cast(Method, guarded)


class StepContext:
    """One step. Enter it to start its clock; leaving it records it. Works with `with` and `async with`."""

    def __init__(self, run: "RunContext", step_type: Any, name: Any) -> None:
        #: Names the step in `record_failure`, `record_decision` and `record_quality_signal`.
        self.step_id: str = new_id()
        self._run = run
        self._type = step_type
        self._name = name
        self._metadata: Dict[str, Any] = {}
        self._usage: Dict[str, Any] = {}
        self._seq = -1
        self._started: Optional[datetime.datetime] = None

    @never_raises
    def add_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Adds facts such as tool names, codes and counts. Keys and values with private content are dropped."""
        merged = {**self._metadata, **clean_step_metadata(metadata)}
        if len(json.dumps(merged)) > _MAX_METADATA_CHARS:
            log.warning("Metadata was dropped: a step may have %d characters of it", _MAX_METADATA_CHARS)
            return
        self._metadata = merged

    @never_raises
    def set_usage(
        self,
        *,
        model: Optional[str] = None,
        provider: Optional[str] = None,
        input_tokens: Optional[int] = None,
        output_tokens: Optional[int] = None,
        cached_input_tokens: Optional[int] = None,
        reasoning_tokens: Optional[int] = None,
        cost_usd: Optional[float] = None,
    ) -> None:
        """Says what a model call used. Leave out what is not known: it is then shown as unknown and not as zero."""
        given = {
            "model": model,
            "provider": provider,
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cached_input_tokens": cached_input_tokens,
            "reasoning_tokens": reasoning_tokens,
            "cost_usd": cost_usd,
        }
        self._usage = {**self._usage, **clean_usage(given)}

    @never_raises
    def _begin(self) -> None:
        self._run._step_begins(self)

    @never_raises
    def _end(self, error: Optional[BaseException]) -> None:
        self._run._step_ends(self, error)

    def __enter__(self) -> "StepContext":
        self._begin()
        return self

    def __exit__(self, kind: Any, error: Optional[BaseException], trace: Any) -> None:
        self._end(error)

    async def __aenter__(self) -> "StepContext":
        return self.__enter__()

    async def __aexit__(self, kind: Any, error: Optional[BaseException], trace: Any) -> None:
        self.__exit__(kind, error, trace)

    def _record(self, now: datetime.datetime) -> Json:
        started = self._started or now
        ended = max(started, now)
        step_type = clean_label(self._type, 20, "other").lower()
        if step_type not in vocabulary.STEP_TYPES:
            log.warning("%r is not a type of step; it is reported as 'other'", step_type)
            step_type = "other"
        latency_ms = int((ended - started).total_seconds() * 1_000)
        return {
            "step_id": self.step_id,
            "seq": self._seq,
            "step_type": step_type,
            "name": clean_label(self._name, 255, "unnamed"),
            "latency_ms": min(latency_ms, _MAX_LATENCY_MS),
            "started_at": stamp(started),
            "ended_at": stamp(ended),
            "metadata": self._metadata,
            **self._usage,
        }


class RunContext:
    """One run of an agent. Leaving it hands it to a background thread, which sends it; nothing here waits for that.

    Threads may record in the same run. A child process that was forked within a run does not report it again.
    """

    def __init__(self, delivery: "Delivery", header: Json) -> None:
        #: A UUID; the server stores a run once, however often it is sent.
        self.run_id: str = new_id()
        #: `success`, `failure` or `partial`. May be assigned.
        self.status: str = "success"
        self._delivery = delivery
        self._clock = Clock()
        self._header: Json = {"run_id": self.run_id, **header, "started_at": stamp(self._clock.now())}
        self._records = Records()
        self._open_steps: Dict[str, StepContext] = {}
        self._next_seq = 0
        self._failed_in: Optional[StepContext] = None
        self._failed_with: Optional[BaseException] = None
        self._ended = False
        self._journal: Optional["Journal"] = None
        self._lock = threading.RLock()
        self._pid = self._lock_pid = os.getpid()

    def step(self, step_type: str, name: str) -> StepContext:
        """A step of type plan, retrieve, tool, respond or other. It counts once it is entered."""
        return StepContext(self, step_type, name)

    @never_raises
    def record_failure(
        self, failure_type: str, failure_code: str, message: str, step_id: Optional[str] = None
    ) -> None:
        """Marks the run as failed. A second call replaces the first. Types: tool, model, retrieval, orchestration."""
        kind = clean_label(failure_type, 20, "orchestration").lower()
        if kind not in vocabulary.FAILURE_TYPES:
            log.warning("%r is not a type of failure; it is reported as 'orchestration'", kind)
            kind = "orchestration"
        failure = {
            "step_id": clean_id(step_id),
            "failure_type": kind,
            "failure_code": clean_label(failure_code, 100, "unspecified"),
            "message": clean_message(message),
        }
        with self._locked():
            if not self._may_record("failure"):
                return
            self._records.failure = failure
            self.status = "failure"
            self._note("failure", failure)

    @never_raises
    def record_decision(
        self,
        decision_type: str,
        selected: str,
        reason_code: str,
        candidates: Optional[Any] = None,
        confidence: Optional[float] = None,
        step_id: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Records what the agent chose and why, in codes of the vocabulary. A confidence outside 0..1 is left out."""
        if not _is_known(vocabulary.DECISION_CODES, "decision", decision_type, reason_code):
            return
        options = clean_candidates(candidates)
        decision = {
            "decision_id": new_id(),
            "step_id": clean_id(step_id),
            "decision_type": decision_type,
            "selected": clean_label(selected, 200, "unnamed"),
            "reason_code": reason_code,
            **({"candidates": options} if options else {}),
            "confidence": clean_share(confidence, "confidence"),
            "metadata": clean_record_metadata(metadata),
        }
        with self._locked():
            if self._may_record("decision", self._records.decisions):
                self._records.decisions.append(decision)
                self._note("decision", decision)

    @never_raises
    def record_quality_signal(
        self,
        signal_type: str,
        signal_code: str,
        value: bool,
        weight: Optional[float] = None,
        step_id: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None,
    ) -> None:
        """Records something that was observed, in codes of the vocabulary. A weight outside 0..1 is left out."""
        if not _is_known(vocabulary.SIGNAL_CODES, "quality signal", signal_type, signal_code):
            return
        signal = {
            "signal_id": new_id(),
            "step_id": clean_id(step_id),
            "signal_type": signal_type,
            "signal_code": signal_code,
            "value": bool(value),
            "weight": clean_share(weight, "weight"),
            "metadata": clean_record_metadata(metadata),
        }
        with self._locked():
            if self._may_record("quality signal", self._records.quality_signals):
                self._records.quality_signals.append(signal)
                self._note("quality_signal", signal)

    def end(self, status: Optional[str] = None) -> None:
        """Ends the run where `with` cannot be used. Further calls do nothing."""
        if status is not None:
            self.status = status
        self._finish(None)

    def __enter__(self) -> "RunContext":
        self._start_journal()
        return self

    def __exit__(self, kind: Any, error: Optional[BaseException], trace: Any) -> None:
        self._finish(error)

    async def __aenter__(self) -> "RunContext":
        return self.__enter__()

    async def __aexit__(self, kind: Any, error: Optional[BaseException], trace: Any) -> None:
        self.__exit__(kind, error, trace)

    def _locked(self) -> Any:
        """The lock; a new one after a fork, because a thread that does not exist here may hold the old one."""
        if os.getpid() != self._lock_pid:
            self._lock, self._lock_pid = threading.RLock(), os.getpid()
        return self._lock

    @never_raises
    def _start_journal(self) -> None:
        with self._locked():
            if self._journal is None and self._delivery.is_spooling and not self._ended and os.getpid() == self._pid:
                self._journal = self._delivery.open_journal(self.run_id)
                if self._journal is not None:
                    self._journal.write("run", self._header)

    def _note(self, kind: str, value: Json) -> None:
        self._start_journal()
        if self._journal is not None:
            self._journal.write(kind, value)

    def _may_record(self, what: str, held: Optional[list] = None) -> bool:
        if self._ended:
            log.warning("A %s came after the end of its run and was dropped", what)
            return False
        if held is not None and len(held) >= MAX_RECORDS:
            if len(held) == MAX_RECORDS:
                log.warning("A run may have %d of each; further ones are dropped", MAX_RECORDS)
            return False
        return True

    def _step_begins(self, step: StepContext) -> None:
        with self._locked():
            if not self._may_record("step") or step.step_id in self._open_steps:
                return
            if step._seq >= 0:
                step.step_id = new_id()  # Entered again: that is another step.
            if self._next_seq >= MAX_STEPS:
                log.warning("A run may have %d steps; further ones are dropped", MAX_STEPS)
                return
            step._seq = self._next_seq
            step._started = self._clock.now()
            self._next_seq += 1
            self._open_steps[step.step_id] = step

    def _step_ends(self, step: StepContext, error: Optional[BaseException]) -> None:
        with self._locked():
            if self._open_steps.pop(step.step_id, None) is None:
                return
            if error is not None and error is not self._failed_with:
                self._failed_in, self._failed_with = step, error
            record = step._record(self._clock.now())
            self._records.steps.append(record)
            self._note("step", record)

    @never_raises
    def _finish(self, error: Optional[BaseException]) -> None:
        with self._locked():
            if self._ended:
                return
            if os.getpid() != self._pid:
                self._ended = True
                return
            if _is_failure(error) and self._records.failure is None:
                step_id = (
                    self._failed_in.step_id
                    if self._failed_in is not None and self._failed_with is error
                    else None
                )
                name = type(error).__name__
                message = f"Uncaught exception: {name}"
                self.record_failure("orchestration", "uncaught_exception", message, step_id)
            elif _is_failure(error) and self.status == "success":
                self.status = "failure"
            now = self._clock.now()
            for step in self._open_steps.values():
                step._metadata = {**step._metadata, "unfinished": True}
                self._records.steps.append(step._record(now))
            self._open_steps = {}
            self._ended = True
            status = str(getattr(self.status, "value", self.status)).lower()
            if status not in vocabulary.RUN_STATUSES:
                log.warning("%r is not a status of a run; it is reported as 'partial'", self.status)
                status = "partial"
            body = build_body(self._header, self._records, status, stamp(now))
            self._delivery.offer(self.run_id, body, self._journal)


def _is_failure(error: Optional[BaseException]) -> bool:
    """Leaving a generator and a good exit of the program are no failures."""
    if error is None or isinstance(error, GeneratorExit):
        return False
    return not (isinstance(error, SystemExit) and error.code in (None, 0))


def _is_known(codes: Mapping[str, Any], what: str, kind: Any, code: Any) -> bool:
    if kind in codes and code in codes[kind]:
        return True
    log.warning("A %s was dropped: %r with %r is not in the vocabulary", what, kind, code)
    return False
