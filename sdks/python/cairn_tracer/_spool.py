"""Keeps runs on disk, so that a killed process loses none: another one sends them.

A spool folder has one folder for each process. Its owner holds a lock on the file `lock` in it, which the system
lets go when the process dies, however it dies; whoever gets the lock then owns what lies there. `<run_id>.json` is the body of a
run that has ended, `<run_id>.open` the journal of one that has not. Writes are not forced to the platter: they survive
the death of the process, not of the machine's power.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import uuid
from pathlib import Path
from typing import Any, Iterator, List, Optional, Tuple

from ._body import partial_body

log = logging.getLogger("cairn_tracer")

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]
    import msvcrt

#: Folders that are being made have this prefix, and nobody takes them over.
_UNBORN = "new-"


class Journal:
    """The records of a run that has not ended, one line of JSON each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._file: Optional[int] = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, kind: str, value: Any) -> None:
        """Adds a record. Errors of the disk are logged once and end the journal, not the run."""
        line = json.dumps({"kind": kind, "value": value}, separators=(",", ":")) + "\n"
        if os.getpid() != self._pid:
            return
        with self._lock:
            if self._file is None:
                return
            try:
                os.write(self._file, line.encode("ascii"))
            except OSError as error:
                log.warning("The journal of a run cannot be written: %s", error)
                self._close()

    def discard(self) -> None:
        """Removes the journal, because the whole run is safe or is not wanted."""
        with self._lock:
            self._close()
            self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class Spool:
    """The folder of this process within `root`, and the folders of dead processes that it has taken over."""

    def __init__(self, root: Path) -> None:
        """Makes the folder and locks it. Raises OSError when that is not possible."""
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root = root
        name = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        unborn = root / (_UNBORN + name)
        unborn.mkdir(mode=0o700)
        lock = _try_lock(unborn)
        if lock is None:
            raise OSError(f"cannot lock {unborn}")
        self._own = root / name
        if fcntl is None:
            self._own.mkdir(mode=0o700)  # Windows does not rename a folder with an open file.
            os.close(lock)
            _remove_folder(unborn)
            lock = _try_lock(self._own)
        else:
            unborn.rename(self._own)
        self._locks: List[Tuple[Path, int]] = [(self._own, lock)] if lock is not None else []

    def open_journal(self, run_id: str) -> Journal:
        """Starts the journal of a run. Raises OSError."""
        return Journal(self._own / f"{run_id}.open")

    def save(self, run_id: str, body: bytes) -> Path:
        """Stores a run that has ended, whole or not at all. Raises OSError."""
        return _store(self._own / f"{run_id}.json", body)

    def adopt(self) -> Iterator[Tuple[str, Path, int]]:
        """Takes over the folders of dead processes; yields (run_id, path, size) of the runs in them."""
        for folder in sorted(self.root.iterdir()):
            if folder.name.startswith(_UNBORN) or any(folder == held for held, _ in self._locks):
                continue
            if not folder.is_dir():
                continue
            lock = _try_lock(folder)
            if lock is None:
                continue
            self._locks.append((folder, lock))
            yield from _recover(folder)

    def close(self) -> None:
        """Lets the folders go and removes those that are empty. What is left in the others waits for somebody else."""
        for folder, lock in self._locks:
            if fcntl is None:
                os.close(lock)  # Windows does not remove an open file.
                _remove_folder(folder)
            else:
                _remove_folder(folder)
                os.close(lock)
        self._locks = []

    def abandon_after_fork(self) -> None:
        """In a forked child: the folder stays the parent's."""
        for _, lock in self._locks:
            os.close(lock)
        self._locks = []


def _recover(folder: Path) -> Iterator[Tuple[str, Path, int]]:
    for leftover in folder.glob("*.tmp"):
        leftover.unlink(missing_ok=True)
    for journal in sorted(folder.glob("*.open")):
        target = journal.with_suffix(".json")
        if not target.exists():
            body = partial_body(journal.read_bytes().splitlines())
            if body is not None:
                _store(target, body)
        journal.unlink(missing_ok=True)
    for path in sorted(folder.glob("*.json")):
        yield path.stem, path, path.stat().st_size


def _store(path: Path, body: bytes) -> Path:
    unfinished = path.with_suffix(".tmp")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(body)
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    return path


def _try_lock(folder: Path) -> Optional[int]:
    """A descriptor that holds the lock of a folder, or None when another process has it or the folder is gone."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove_folder(folder: Path) -> None:
    try:
        if {each.name for each in folder.iterdir()} <= {"lock"}:
            (folder / "lock").unlink(missing_ok=True)
            folder.rmdir()
    except OSError as error:
        log.debug("A spool folder stays: %s", error)
