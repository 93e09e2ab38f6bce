"""Sends runs over HTTP and tells of each what became of it."""

from __future__ import annotations

import email.utils
import gzip
import json
import time
import urllib.error
import urllib.request
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

#: Bodies of more than this many bytes are compressed.
_WORTH_PACKING = 4_096
_MAX_ANSWER = 8 * 1_048_576
#: A server that asks for more patience than this is asked again after this many seconds.
MAX_RETRY_AFTER = 300.0

#: A run to send: what names it, and its JSON.
Item = Tuple[Any, bytes]
#: Told for each run: the name, the HTTP status, and what the server said of it.
Settle = Callable[[Any, int, str], None]


class NotNow(Exception):
    """The server cannot be reached or asks to come later. Runs that were not settled are to be sent again."""

    def __init__(self, reason: str, retry_after: Optional[float] = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another place."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Sender:
    """The HTTP side: one request at a time, always with a time limit."""

    def __init__(self, api_url: str, api_key: Optional[str], timeout: float) -> None:
        self._url = str(api_url).rstrip("/")
        self._key = api_key
        self._timeout = timeout
        self._opener = urllib.request.build_opener(_NoRedirects())
        self._has_batches = True
        self._may_pack = True

    def send(self, items: Sequence[Item], settle: Settle) -> None:
        """Sends runs and settles each. Raises NotNow when some must be sent again later."""
        if len(items) == 1:
            self._send_one(items[0], settle)
        elif not self._has_batches:
            for item in items:
                self._send_one(item, settle)
        else:
            self._send_batch(items, settle)

    def _send_one(self, item: Item, settle: Settle) -> None:
        name, body = item
        status, _, answer = self._post("/v1/runs", body)
        settle(name, status, _summary(answer))

    def _send_batch(self, items: Sequence[Item], settle: Settle) -> None:
        body = b'{"runs":[' + b",".join(body for _, body in items) + b"]}"
        status, _, answer = self._post("/v1/runs/batch", body)
        if 200 <= status < 300:
            results = _results(answer, len(items))
            if results is not None:
                postponed = 0
                for (name, _), result in zip(items, results):
                    code = int(result["status"])
                    if _is_passing(code):
                        postponed += 1
                    else:
                        settle(name, code, str(result.get("error", ""))[:300])
                if postponed:
                    raise NotNow(f"{postponed} runs were put off by the server")
                return
        if status in (404, 405) or 200 <= status < 300:
            # A server of the original platform knows whole runs only.
            self._has_batches = False
            self.send(items, settle)
            return
        # Too large, or unreadable because of one: the halves tell which.
        middle = len(items) // 2
        self.send(items[:middle], settle)
        self.send(items[middle:], settle)

    def _post(self, path: str, body: bytes) -> Tuple[int, Any, bytes]:
        headers: Dict[str, str] = {"content-type": "application/json", "accept": "application/json"}
        if self._key:
            headers["authorization"] = f"Bearer {self._key}"
        packed = self._may_pack and len(body) > _WORTH_PACKING
        if packed:
            headers["content-encoding"] = "gzip"
        data = gzip.compress(body, 5) if packed else body
        try:
            request = urllib.request.Request(self._url + path, data=data, headers=headers, method="POST")
            with self._opener.open(request, timeout=self._timeout) as response:
                return response.status, response.headers, response.read(_MAX_ANSWER)
        except urllib.error.HTTPError as error:
            with error:
                status, answer_headers = error.code, error.headers
                answer = _read_quietly(error)
        except Exception as error:
            # Connection errors come as OSError, HTTPException or, for an address that is none, ValueError.
            raise NotNow(f"{type(error).__name__}: {error}") from None
        if packed and status in (400, 415):
            self._may_pack = False
            return self._post(path, body)
        if _is_passing(status):
            raise NotNow(f"HTTP {status}", _retry_after(answer_headers.get("retry-after")))
        return status, answer_headers, answer


def _is_passing(status: int) -> bool:
    """Statuses after which the same request may succeed, also once somebody has mended a key or a permission."""
    return status in (401, 403, 408, 425, 429) or status >= 500


def _read_quietly(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read(65_536)
    except Exception:
        return b""


def _retry_after(header: Optional[str]) -> Optional[float]:
    """Seconds from now, of a number or an HTTP date."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(header).timestamp() - time.time()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), MAX_RETRY_AFTER) if seconds == seconds else None


def _results(answer: bytes, expected: int) -> Optional[List[Dict[str, Any]]]:
    try:
        results = json.loads(answer)["results"]
        return results if len(results) == expected and all("status" in each for each in results) else None
    except (ValueError, KeyError, TypeError):
        return None


def _summary(answer: bytes) -> str:
    """The sentence of an error answer; bodies of runs are not read."""
    try:
        parsed = json.loads(answer[:65_536])
    except ValueError:
        return ""
    if not isinstance(parsed, dict):
        return ""
    detail = parsed.get("error") or parsed.get("detail") or parsed.get("title") or ""
    if isinstance(detail, list) and detail and isinstance(detail[0], dict):
        detail = detail[0].get("msg", "")
    return str(detail)[:300]
