"""The conversation made to fit a model's context window: older observations are folded to what
the evidence ledger holds of them.

A pure function of the run and the room: a resumed or replayed run is folded the same way.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from client.chat.model import Chat
from client.chat.tokens import tokens_of
from client.llm.conversation import conversation
from client.llm.ledger import Detail, ledger_text
from client.llm.observed import as_data, as_read
from client.trajectory import Observation, Trajectory

WINDOW = 32_000
"""Tokens, where the model's settings do not say."""
_LONGEST_ANSWER = 4_096
_PER_TURN = 8
"""Tokens that a chat template puts around each turn."""

_ERROR = 200
"""Characters of a failed call's error that stay."""
_NAMED = 5
"""Names that stand in place of a folded answer."""
_ROOMY = Detail(prose=240, attributes=8)
_SPARING = Detail(prose=120, attributes=2, beside=False)
_ALL = 1_000
_NARROW = (
    (8_000, 30, _ALL),
    (4_000, 20, _ALL),
    (2_000, 12, _ALL),
    (2_000, 12, 3),
    (1_000, 9, 1),
    (400, 6, 1),
    (0, 6, 1),
    (0, 3, 0),
    (0, 0, 0),
)
"""Characters of the newest step's answers, the number of things that get a line, and the number
of steps whose calls are shown."""


@dataclass(frozen=True)
class _Fold:
    whole: int
    """So many of the newest observations are shown whole."""
    detail: Detail
    """What is told of the rest."""
    cut: int | None = None
    """Characters of each that is shown whole."""
    since: int = 0
    """The first step whose calls are shown."""


def room_in(window: int | None, tools: Sequence[dict[str, Any]]) -> int:
    """Tokens left for the conversation beside the tools and the answer."""
    window = window or WINDOW
    return window - min(_LONGEST_ANSWER, window // 4) - tokens_of(_json(list(tools)))


def small_in(window: int | None, tools: Sequence[dict[str, Any]]) -> bool:
    """Whether the tools take less than a tenth of the window."""
    return 10 * tokens_of(_json(list(tools))) < (window or WINDOW)


def fitted(run: Trajectory, tools: str, room: int, closing: str = "") -> Chat | None:
    """The conversation in at most `room` tokens, with as little folded as that takes; None where
    there is no way. `tools` and `closing` as in `conversation`."""
    read = as_read(run.observations)
    chat = conversation(run, tools, read, closing)
    excess = size(chat) - room
    if excess <= 0:
        return chat
    answers = [tokens_of(read[one.call_id]) for one in run.observations]
    for fold in _folds(run.observations):
        # Most folds save too little at first sight: only the others are tried.
        if fold.since or sum(answers[: len(answers) - fold.whole]) >= excess:
            chat = _folded(run, tools, read, fold, closing)
            if size(chat) <= room:
                return chat
    return None


def size(chat: Chat) -> int:
    return tokens_of(_json(chat)) + _PER_TURN * len(chat)


def _folds(observations: Sequence[Observation]) -> Iterator[_Fold]:
    """From the oldest answer folded to hardly anything told."""
    count = len(observations)
    if not count:
        return
    newest = sum(one.step == observations[-1].step for one in observations)
    for whole in range(count - 1, newest - 1, -1):
        yield _Fold(whole, _ROOMY)
    yield _Fold(newest, _SPARING)
    yield _Fold(newest, replace(_SPARING, lines=40))
    last = observations[-1].step
    for cut, lines, steps in _NARROW:
        whole = newest if cut else 0
        since = max(1, last + 1 - steps)
        yield _Fold(whole, replace(_SPARING, lines=lines), cut // newest, since)


def _folded(
    run: Trajectory, tools: str, read: Mapping[str, str], fold: _Fold, closing: str
) -> Chat:
    first_whole = len(run.observations) - fold.whole
    answers = {
        one.call_id: _in_short(one)
        if place < first_whole
        else _cut(read[one.call_id], one, fold.cut)
        for place, one in enumerate(run.observations)
    }
    notes = ledger_text(run, fold.detail, run.observations[:first_whole])
    last = "\n\n".join(part for part in (notes, closing) if part)
    return conversation(run, tools, answers, last, fold.since)


def _in_short(observation: Observation) -> str:
    if not observation.ok:
        return f"The call failed: {(observation.error or '')[:_ERROR]}"
    names = list(dict.fromkeys(item.alias for item in observation.evidence if item.fields))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"Shortened: {' '.join(names[:_NAMED]) or 'nothing'}{more}. See the notes."


def _cut(text: str, observation: Observation, limit: int | None) -> str:
    if limit is None or len(text) <= limit:
        return text
    inner = text.partition("\n")[2].removesuffix("\n</data>")[:limit]
    told = "Cut here: it is too long. Ask for less (limit, max_tokens), or with a narrower query."
    return f"{as_data(inner, observation.name)}\n{told}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
