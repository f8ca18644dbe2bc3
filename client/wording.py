"""How calls and results are put into words for a person, without what a terminal would obey."""

import json
import re
from typing import Any

from client.aliases import objects
from client.trajectory import Observation

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LIMIT = 160


def harmless(text: str) -> str:
    """Without what a terminal would obey."""
    return _CONTROL.sub("", text)


def one_line(text: str) -> str:
    return harmless(text).replace("\n", " ")


def call_in_words(name: str, arguments: dict[str, Any]) -> str:
    """On one line, cut where it is long."""
    shown = " ".join(
        f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items()
    )
    return f"{name} {shown if len(shown) <= _LIMIT else f'{shown[: _LIMIT - 1]}…'}".rstrip()


def hits(seen: Observation) -> str:
    """How much came back, in words."""
    result = seen.result or {}
    near, open_ = len(objects(result.get("near_misses"))), len(objects(result.get("unverified")))
    beside = [f"{near} near miss{'' if near == 1 else 'es'}"] if near else []
    beside += [f"{open_} unverified"] if open_ else []
    if "total" in result:
        total = result["total"]
        return ", ".join([f"{total} hit{'' if total == 1 else 's'}", *beside])
    shown = [e for e in seen.evidence if e.fields]
    return f"{len(shown)} shown" if shown else "a text"
