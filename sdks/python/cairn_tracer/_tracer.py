"""The entry of the SDK."""

from __future__ import annotations

import logging
import os
from typing import Any, Dict, Mapping, Optional

from ._clean import clean_label
from ._delivery import Delivery, Limits
from ._run import RunContext, never_raises
from ._send import Sender

log = logging.getLogger("cairn_tracer")


class AgentTracer:
    """Reports the runs of one agent in one version.

    The agent never waits for the network: a run that ends is queued, and a daemon thread sends it, many in one request,
    with jittered retries. Only `flush` and `close` wait, and leaving the program does, each at most `exit_timeout`
    seconds. Nothing is raised into the agent. Safe to use from threads, from asyncio, and after a fork.

    Arguments:
        agent_id, agent_version, environment: what the runs are filed under.
        api_url: where Cairn (its role `ingest` or `all`) listens.
        api_key: a key or token, sent as `Authorization: Bearer`. Not needed in the dev mode of a local server.
        spool_dir: a folder in which runs are kept until they are delivered. A process that starts later with the
            same folder sends what a killed one left, also runs that it was in the middle of, as `partial`.
            With it the end of a run writes one small file; without it runs live in memory only.
        max_queue_runs, max_queue_bytes: what may wait. Runs beyond that are dropped, counted, and logged once.
        batch_size: runs in one request, at most 1,000.
        flush_interval: seconds that a run may wait for others to share its request.
        request_timeout: seconds that one request may be silent.
        exit_timeout: seconds that the end of the program, `flush` and `close` wait at most.
        enabled: False makes all of it do nothing.
    """

    def __init__(
        self,
        agent_id: str,
        agent_version: str,
        api_url: str = "http://localhost:8000",
        environment: str = "production",
        api_key: Optional[str] = None,
        *,
        spool_dir: Optional[str] = None,
        max_queue_runs: int = 5_000,
        max_queue_bytes: int = 32 * 1_048_576,
        batch_size: int = 100,
        flush_interval: float = 0.2,
        request_timeout: float = 10.0,
        exit_timeout: float = 2.0,
        enabled: bool = True,
    ) -> None:
        self._header: Dict[str, Any] = {
            "agent_id": clean_label(agent_id, 255, "unnamed"),
            "agent_version": clean_label(agent_version, 100, "0"),
            "environment": clean_label(environment, 50, "production"),
        }
        self._exit_timeout = float(exit_timeout)
        limits = Limits(
            queue_runs=max(0, int(max_queue_runs)),
            queue_bytes=int(max_queue_bytes),
            batch_runs=min(max(1, int(batch_size)), 1_000),
            flush_interval=max(0.0, float(flush_interval)),
            exit_timeout=self._exit_timeout,
        )
        sender = Sender(api_url, api_key, max(0.1, float(request_timeout)))
        spool = os.fspath(spool_dir) if spool_dir is not None and enabled else None
        self._delivery = Delivery(sender, limits, spool) if enabled else _Silence(sender, limits, None)

    @classmethod
    def from_env(cls, environ: Optional[Mapping[str, str]] = None, **settings: Any) -> "AgentTracer":
        """A tracer with what the environment says; `settings` win over it.

        AGENT_ID, AGENT_VERSION, AGENT_ENVIRONMENT (or TRACER_ENVIRONMENT), TRACER_API_URL (or AGENT_INGEST_URL),
        TRACER_API_KEY, TRACER_SPOOL_DIR, TRACER_ENABLED (`false`, `0`, `no` and `off` switch it off).
        The constructor itself reads none of them.
        """
        env = os.environ if environ is None else environ
        found = {
            "agent_id": env.get("AGENT_ID") or "unnamed",
            "agent_version": env.get("AGENT_VERSION") or "0",
            "environment": env.get("AGENT_ENVIRONMENT") or env.get("TRACER_ENVIRONMENT") or "production",
            "api_url": env.get("TRACER_API_URL") or env.get("AGENT_INGEST_URL") or "http://localhost:8000",
            "api_key": env.get("TRACER_API_KEY") or None,
            "spool_dir": env.get("TRACER_SPOOL_DIR") or None,
            "enabled": env.get("TRACER_ENABLED", "true").strip().lower() not in ("false", "0", "no", "off"),
        }
        return cls(**{**found, **settings})

    def start_run(self) -> RunContext:
        """A new run, to be used with `with` or `async with`; its clock starts now."""
        return RunContext(self._delivery, self._header)

    @property
    def stats(self) -> Dict[str, int]:
        """How many runs were sent, refused, reduced (sent without metadata), dropped; retries; how many wait."""
        return self._delivery.stats()

    @never_raises
    def flush(self, timeout: Optional[float] = None) -> bool:
        """Waits until all runs that have ended are delivered or refused, at most `timeout` seconds
        (default: `exit_timeout`). True when they are."""
        return self._delivery.flush(self._exit_timeout if timeout is None else timeout)

    @never_raises
    def close(self, timeout: Optional[float] = None) -> bool:
        """Sends what waits and stops, within `timeout` seconds (default: `exit_timeout`). Runs that end later are
        dropped. True when all was delivered or refused."""
        return self._delivery.close(self._exit_timeout if timeout is None else timeout)

    def __enter__(self) -> "AgentTracer":
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.close()


class _Silence(Delivery):
    """Takes runs and forgets them."""

    def offer(self, run_id: str, body: bytes, journal: Any) -> None:
        """Forgets the run."""
