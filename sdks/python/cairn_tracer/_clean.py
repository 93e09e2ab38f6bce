"""Makes of whatever the agent hands in what the wire can carry: bounded, finite, without content, and never an error."""

from __future__ import annotations

import datetime
import decimal
import enum
import logging
import math
import uuid
from typing import Any, Dict, FrozenSet, List, Mapping, Optional

from ._privacy import RECORD_KEYS, SANITIZED_MESSAGE, STEP_KEYS, is_private_key, looks_private

log = logging.getLogger("cairn_tracer")

_MAX_KEYS = 100
_MAX_ITEMS = 1_000
_MAX_DEPTH = 6
_MAX_TEXT = 1_000
_MAX_MESSAGE = 10_000
_MAX_RECORD_TEXT = 100
_MAX_INTEGER = 2**53 - 1

#: Stands for a value that cannot be sent.
_NOTHING = object()


def clean_text(text: str, limit: int) -> str:
    """At most `limit` characters, without NUL and halves of surrogate pairs, which a database cannot store."""
    cut = text[:limit].replace("\0", "")
    return cut.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean_label(value: Any, limit: int, fallback: str) -> str:
    """A name, type or code: never empty, never longer than `limit`, and no credential or personal number."""
    if isinstance(value, enum.Enum):
        value = value.value
    text = clean_text(str(value), limit) if value is not None else ""
    if text.strip() == "":
        return fallback
    kind = looks_private(text)
    if kind is None:
        return text
    log.warning("A name was left out because it looks like %s", kind)
    return "[redacted]"


def clean_message(value: Any) -> str:
    """The message of a failure; one that looks private is replaced as a whole."""
    text = clean_text(str(value), _MAX_MESSAGE)
    if text.strip() == "":
        return "No message"
    kind = looks_private(text)
    if kind is None:
        return text
    log.warning("A failure message was replaced because it looks like it holds %s", kind)
    return SANITIZED_MESSAGE


def clean_share(value: Any, name: str) -> Optional[float]:
    """A number from 0 to 1, or None with a warning."""
    if value is None:
        return None
    if not isinstance(value, (bool, str)):
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if 0.0 <= number <= 1.0:
            return number
    log.warning("%s must be a number from 0 to 1; the rest is kept without it", name)
    return None


def clean_id(value: Any) -> Optional[str]:
    """A UUID as text, or None for anything else."""
    if value is None:
        return None
    try:
        return str(value if isinstance(value, uuid.UUID) else uuid.UUID(str(value)))
    except ValueError:
        return None


def clean_step_metadata(data: Mapping[Any, Any]) -> Dict[str, Any]:
    """Metadata of a step. Values may be nested; private keys and values are dropped with a warning, at any depth."""
    return _clean_mapping(data, STEP_KEYS, 0)


def clean_record_metadata(data: Optional[Mapping[Any, Any]]) -> Dict[str, Any]:
    """Metadata of a decision or signal: primitives only, text of at most 100 characters."""
    kept: Dict[str, Any] = {}
    for key, value in _clean_mapping(data or {}, RECORD_KEYS, 0).items():
        if isinstance(value, (dict, list)):
            log.warning("Metadata %r was dropped: only text, numbers, booleans and None are sent here", key)
        elif isinstance(value, str) and len(value) > _MAX_RECORD_TEXT:
            log.warning("Metadata %r was cut to %d characters", key, _MAX_RECORD_TEXT)
            kept[key] = value[:_MAX_RECORD_TEXT]
        else:
            kept[key] = value
    return kept


def clean_usage(usage: Mapping[str, Any]) -> Dict[str, Any]:
    """What a model call used. What is not known is left out, which is shown as unknown and not as zero."""
    kept: Dict[str, Any] = {}
    for key, value in usage.items():
        if value is None:
            continue
        if key in ("model", "provider"):
            kept[key] = clean_label(value, 200, "unknown")
        elif isinstance(value, bool) or not isinstance(value, (int, float, decimal.Decimal)):
            log.warning("%s was dropped: it must be a number", key)
        elif key == "cost_usd":
            if math.isfinite(value) and value >= 0:
                kept[key] = float(value)
        elif value == int(value) and 0 <= value <= _MAX_INTEGER:
            kept[key] = int(value)
    return kept


def clean_candidates(values: Any) -> List[str]:
    """The options that a decision had, as names."""
    if values is None or isinstance(values, (str, bytes)):
        return []
    return [clean_label(each, 200, "unnamed") for each in list(values)[:_MAX_KEYS]]


def _clean_mapping(data: Mapping[Any, Any], names: FrozenSet[str], depth: int) -> Dict[str, Any]:
    kept: Dict[str, Any] = {}
    for raw_key, raw in list(data.items()):
        if len(kept) >= _MAX_KEYS:
            log.warning("Metadata beyond %d keys was dropped", _MAX_KEYS)
            break
        key = clean_text(str(raw_key), 100)
        holds_text = raw is not None and not isinstance(raw, (bool, int, float))
        if is_private_key(key, names, holds_text):
            log.warning("Metadata %r was dropped: it may hold private content", key)
            continue
        value = _clean_value(raw, names, depth)
        if value is _NOTHING:
            log.warning("Metadata %r was dropped: its value looks private or cannot be sent", key)
        else:
            kept[key] = value
    return kept


def _clean_value(value: Any, names: FrozenSet[str], depth: int) -> Any:
    if isinstance(value, enum.Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER or (value >= 10**11 and looks_private(str(value)) is not None):
            return _NOTHING
        return value
    if isinstance(value, (float, decimal.Decimal)):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, str):
        text = clean_text(value, _MAX_TEXT)
        return text if looks_private(text) is None else _NOTHING
    if depth >= _MAX_DEPTH:
        return _NOTHING
    if isinstance(value, Mapping):
        return _clean_mapping(value, names, depth + 1)
    if isinstance(value, (list, tuple, set, frozenset)):
        cleaned = (_clean_value(each, names, depth + 1) for each in list(value)[:_MAX_ITEMS])
        return [each for each in cleaned if each is not _NOTHING]
    # Not str(value): what an object says of itself may be the content that must stay here.
    return _NOTHING
