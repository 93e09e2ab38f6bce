"""The queue between the agent and the server, and the one thread that empties it."""

from __future__ import annotations

import atexit
import logging
import os
import random
import sys
import threading
import time
import weakref
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Deque, Dict, List, Optional

from ._body import reduced_body
from ._send import NotNow, Sender
from ._spool import Journal, Spool

log = logging.getLogger("cairn_tracer")

_BATCH_BYTES = 1_048_576
_BACKOFF_BASE = 0.5
_BACKOFF_MAX = 30.0
#: How often the folders of processes that have died meanwhile are looked for, in seconds.
_ADOPT_EVERY = 60.0


@dataclass(frozen=True)
class Limits:
    """Bounds of one tracer."""

    queue_runs: int
    queue_bytes: int
    batch_runs: int
    flush_interval: float
    exit_timeout: float


@dataclass(eq=False)
class _Entry:
    """A run that waits: its body in memory, or where it lies on disk."""

    run_id: str
    size: int
    body: Optional[bytes]
    path: Optional[Path]
    is_reduced: bool = False


class Delivery:
    """Takes runs at once and sends them in the background. No method raises."""

    def __init__(self, sender: Sender, limits: Limits, spool_dir: Optional[str]) -> None:
        self._sender = sender
        self._limits = limits
        self._spool_dir = spool_dir
        self._log_once: Dict[str, bool] = {}
        self._closed = False
        self._reset()
        self._spool = self._open_spool()
        _live.add(self)
        if self._spool is not None:
            with self._changed:
                self._start_thread()

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._queue: Deque[_Entry] = deque()
        self._in_flight: List[_Entry] = []
        self._bytes = 0
        self._thread: Optional[threading.Thread] = None
        self._hurry = False
        self._waiters = 0
        self._abandoned = False
        self._not_before = 0.0
        self._asked_to_wait = False
        self._failures = 0
        self._counts = {"sent": 0, "refused": 0, "reduced": 0, "dropped": 0, "retries": 0}
        self._spool: Optional[Spool] = None
        self._has_looked = False

    def _open_spool(self) -> Optional[Spool]:
        if self._spool_dir is None:
            return None
        try:
            return Spool(Path(self._spool_dir))
        except OSError as error:
            log.warning("Runs are kept in memory only, because the spool cannot be used: %s", error)
            self._spool_dir = None
            return None

    @property
    def is_spooling(self) -> bool:
        """Whether runs are kept on disk until they are delivered."""
        return self._spool_dir is not None

    def _spool_now(self) -> Optional[Spool]:
        """The spool; a forked child makes its own when it first needs one."""
        if self._spool is None and not self._abandoned:
            self._spool = self._open_spool()
        return self._spool

    def open_journal(self, run_id: str) -> Optional[Journal]:
        """The journal of a run that begins, or None."""
        try:
            with self._changed:
                spool = self._spool_now()
            return spool.open_journal(run_id) if spool is not None else None
        except OSError as error:
            self._warn("journal", "The journal of a run cannot be made: %s", error)
            return None

    def offer(self, run_id: str, body: bytes, journal: Optional[Journal]) -> None:
        """Accepts a run that has ended, or counts it as dropped when the queue is full."""
        with self._changed:
            waiting = len(self._queue) + len(self._in_flight)
            is_full = waiting >= self._limits.queue_runs or self._bytes + len(body) > self._limits.queue_bytes
            if is_full or self._closed:
                self._counts["dropped"] += 1
                reason = "the tracer is closed" if self._closed else "the queue is full"
                self._warn("dropped", "A run was dropped because %s; further ones are only counted", reason)
            else:
                path = self._save(run_id, body)
                self._enqueue(_Entry(run_id, len(body), None if path else body, path))
                self._start_thread()
                self._changed.notify_all()
        if journal is not None:
            journal.discard()

    def _save(self, run_id: str, body: bytes) -> Optional[Path]:
        spool = self._spool_now()
        if spool is None:
            return None
        try:
            return spool.save(run_id, body)
        except OSError as error:
            self._warn("save", "A run is kept in memory only: %s", error)
            return None

    def _enqueue(self, entry: _Entry) -> None:
        self._queue.append(entry)
        self._bytes += entry.size

    def stats(self) -> Dict[str, int]:
        """Counts since the start: sent, refused, reduced, dropped, retries; and how many wait."""
        with self._changed:
            return {**self._counts, "waiting": len(self._queue) + len(self._in_flight)}

    def flush(self, timeout: float) -> bool:
        """Waits until nothing waits any more, at most `timeout` seconds. True when all is delivered or refused."""
        with self._changed:
            self._hurry = True
            self._waiters += 1
            self._start_thread()
            self._changed.notify_all()
            try:
                return self._changed.wait_for(self._is_idle, max(0.0, timeout))
            finally:
                self._waiters -= 1

    def close(self, timeout: float) -> bool:
        """Tries once more to send, waits at most `timeout` seconds, and stops. What is left stays in the spool, or is dropped."""
        deadline = time.monotonic() + max(0.0, timeout)
        with self._changed:
            if self._abandoned:
                return self._is_idle()
            self._closed = True
        has_all = self.flush(deadline - time.monotonic())
        with self._changed:
            self._abandoned = True
            left = len(self._queue) + len(self._in_flight)
            lost = sum(1 for each in [*self._queue, *self._in_flight] if each.path is None)
            self._counts["dropped"] += lost
            if lost:
                self._warn("lost", "%d runs were not delivered in time and are lost", lost)
            elif left:
                log.info("%d runs stay in the spool for the next process", left)
            self._changed.notify_all()
            thread = self._thread
            if thread is None:
                self._close_spool()
        if thread is not None and thread is not threading.current_thread():
            # It removes the folder of the spool, and must not be cut off in that by the end of the process.
            thread.join(max(0.0, deadline - time.monotonic()))
        return has_all

    def _is_idle(self) -> bool:
        return not self._queue and not self._in_flight and (self._spool is None or self._has_looked)

    def _start_thread(self) -> None:
        """Starts the thread where there is none: at the first run, and again in a child after a fork."""
        if self._thread is not None or self._abandoned:
            return
        thread = threading.Thread(target=self._work, name="cairn-tracer", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            self._warn("thread", "Runs cannot be sent any more: %s", error)
            return
        self._thread = thread
        processes = sys.modules.get("multiprocessing.util")
        if processes is not None and os.getpid() != _first_pid:
            # A worker of `multiprocessing` leaves without atexit.
            processes.Finalize(self, _close_all, exitpriority=100)

    def _work(self) -> None:
        next_look = 0.0
        while True:
            try:
                if self._spool is not None and time.monotonic() >= next_look:
                    next_look = time.monotonic() + _ADOPT_EVERY
                    self._adopt()
                batch = self._next_batch(next_look)
                if batch is None:
                    break
                if batch:
                    self._send(batch)
            except Exception:
                log.exception("The tracer failed while sending; it goes on")
                self._postpone(NotNow("internal error"))
        with self._changed:
            self._close_spool()

    def _close_spool(self) -> None:
        if self._spool is not None:
            self._spool.close()

    def _adopt(self) -> None:
        assert self._spool is not None
        try:
            for run_id, path, size in self._spool.adopt():
                with self._changed:
                    self._enqueue(_Entry(run_id, size, None, path))
        except OSError as error:
            self._warn("adopt", "The spool of an earlier process cannot be read: %s", error)
        with self._changed:
            self._has_looked = True
            self._changed.notify_all()

    def _next_batch(self, next_look: float) -> Optional[List[_Entry]]:
        """Waits for something to send. None ends the thread; an empty list asks for a look into the spool."""
        with self._changed:
            lingering_since: Optional[float] = None
            while True:
                if self._abandoned:
                    return None
                now = time.monotonic()
                if self._hurry:
                    self._hurry = False
                    # Somebody waits: one try at once, unless the server itself asked for patience.
                    if not self._asked_to_wait:
                        self._not_before = 0.0
                if not self._queue:
                    lingering_since = None
                    if self._spool is not None and now >= next_look:
                        return []
                    self._changed.wait(next_look - now if self._spool is not None else None)
                    continue
                if lingering_since is None:
                    lingering_since = now
                ready_at = self._not_before
                is_full = len(self._queue) >= self._limits.batch_runs
                if not (is_full or self._closed or self._waiters):
                    ready_at = max(ready_at, lingering_since + self._limits.flush_interval)
                if now < ready_at:
                    self._changed.wait(ready_at - now)
                    continue
                return self._take_batch()

    def _take_batch(self) -> List[_Entry]:
        size = 0
        batch: List[_Entry] = []
        while self._queue and len(batch) < self._limits.batch_runs:
            if batch and size + self._queue[0].size > _BATCH_BYTES:
                break
            size += self._queue[0].size
            batch.append(self._queue.popleft())
        self._in_flight = batch
        return batch

    def _send(self, batch: List[_Entry]) -> None:
        items = []
        for entry in batch:
            try:
                body = entry.body if entry.path is None else entry.path.read_bytes()
            except OSError as error:
                self._warn("read", "A run in the spool cannot be read and is given up: %s", error)
                body = None
            if body is None:
                self._settle(entry, 0, "unreadable")
            else:
                items.append((entry, body))
        try:
            if items:
                self._sender.send(items, self._settle)
        except NotNow as reason:
            self._postpone(reason)
            return
        with self._changed:
            self._failures = 0
            self._asked_to_wait = False
            self._changed.notify_all()

    def _settle(self, entry: _Entry, status: int, detail: str) -> None:
        if status == 422 and not entry.is_reduced and self._reduce(entry):
            return
        self._forget_file(entry)
        with self._changed:
            self._in_flight.remove(entry)
            self._bytes -= entry.size
            if 200 <= status < 300:
                self._counts["sent"] += 1
            else:
                self._counts["refused"] += 1
                message = "Run %s was refused (HTTP %d): %s; further ones are only counted"
                self._warn(f"refused {status}", message, entry.run_id, status, detail)
            self._changed.notify_all()

    def _forget_file(self, entry: _Entry) -> None:
        try:
            if entry.path is not None:
                entry.path.unlink(missing_ok=True)
        except OSError as error:
            self._warn("forget", "A delivered run stays in the spool and will be sent again: %s", error)

    def _reduce(self, entry: _Entry) -> bool:
        """A run that the server finds unfit to keep goes again without its metadata: better than no run at all."""
        try:
            body = entry.body if entry.path is None else entry.path.read_bytes()
            smaller = reduced_body(body) if body is not None else None
        except OSError:
            return False
        if smaller is None:
            return False
        path = self._save(entry.run_id, smaller)
        if entry.path != path:
            self._forget_file(entry)
        with self._changed:
            self._in_flight.remove(entry)
            self._bytes -= entry.size
            self._counts["reduced"] += 1
            self._enqueue(_Entry(entry.run_id, len(smaller), None if path else smaller, path, True))
            self._hurry = True
        return True

    def _postpone(self, reason: NotNow) -> None:
        with self._changed:
            self._queue.extendleft(reversed(self._in_flight))
            self._in_flight = []
            self._counts["retries"] += 1
            ceiling = min(_BACKOFF_MAX, _BACKOFF_BASE * 2 ** min(self._failures, 10))
            delay = ceiling / 2 * (1 + random.random())
            self._failures += 1
            self._asked_to_wait = reason.retry_after is not None
            self._not_before = time.monotonic() + max(delay, reason.retry_after or 0.0)
            self._warn("later", "Runs cannot be delivered now and are tried again: %s", reason)
            self._changed.notify_all()

    def _warn(self, topic: str, message: str, *args: Any) -> None:
        if not self._log_once.get(topic):
            self._log_once[topic] = True
            log.warning(message, *args)

    def _start_anew_after_fork(self) -> None:
        """In a forked child: what waits is the parent's to send, and its thread and locks do not exist here."""
        if self._spool is not None:
            self._spool.abandon_after_fork()
        self._log_once = {}
        self._reset()


#: Every tracer of this process, for the two moments that only the process knows of: its fork and its end.
_live: "weakref.WeakSet[Delivery]" = weakref.WeakSet()
_first_pid = os.getpid()


def _close_all() -> None:
    """Closes all tracers side by side, so that the longest `exit_timeout` and not their sum is the limit."""
    start = time.monotonic()
    deliveries = list(_live)
    for each in deliveries:
        each._closed = True
        with each._changed:
            each._changed.notify_all()
    for each in deliveries:
        each.close(start + each._limits.exit_timeout - time.monotonic())


def _after_fork() -> None:
    for each in list(_live):
        each._start_anew_after_fork()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
