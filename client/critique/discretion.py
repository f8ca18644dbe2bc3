"""What of a supervising model's words may reach the researcher.

The researcher is to be led by what it can see itself. So no wording of the rubric, no number,
quote or name that it has not seen, and nothing that a review or page said in the supervisor's
voice. Whether a paraphrase gives the rubric away no code can tell.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from client.critique.casefile import aliases_in, json_text
from client.llm.conversation import plan_text
from client.trajectory import Message, Trajectory

SEQUENCE = 5
"""Words in a row that count as another's wording; a shorter criterion counts whole."""
_SHORTEST = 3

_GRADING = re.compile(
    r"\b(?:rubrics?|criteri(?:on|a|ons)|scor(?:e|es|ed|ing)|grad(?:e|es|ed|ing|er))\b",
    re.IGNORECASE,
)
# `p3.price` and `attributes.noise` are report markup.
_ADDRESS = re.compile(
    r"https?:|www\.|(?<![\w.])(?!(?:[prw]\d+|attributes)\.)[a-z][\w-]*(?:\.[\w-]+)*\.[a-z]{2,}\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“„«]([^\"“”„«»]+)[\"”“»]")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?")
_PROSE = ("description", "attributes")
_ARTICLES = frozenset(("a", "an", "the"))
_NUMBER_WORDS = frozenset(
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty"
    " forty fifty sixty seventy eighty ninety hundred thousand million".split()
)
_FORM = (
    " met | not met | partly met | hard | soft | not stated | could not verify | needs |"
    " recommendation | comparison | nearest | unverified | what owners say | trade offs "
)
"""What a report may be told to say, in the words that it is taught."""


class Discretion:
    """What the researcher of `run` has read and written so far, critique aside."""

    def __init__(self, run: Trajectory) -> None:
        self._run = run

    def against(self, message: str) -> str | None:
        """Why the message cannot be passed on as it is; None where it can."""
        asked = words(self._run.task.question)
        if any(found.casefold() not in asked for found in _GRADING.findall(message)):
            return "speaks of grading"
        if _ADDRESS.search(message):
            return "names an address"
        for alias in aliases_in(message):
            if alias not in self._run.evidence:
                return f"names {alias}, which the run has not seen"
        for number in self._unseen_numbers(message):
            return f"states {number}, which stands nowhere in the run"
        for quote in _QUOTED.findall(message):
            if not _holds(self._seen + _FORM, words(quote)):
                return f"quotes {quote!r}, which stands nowhere in the run"
        rubric = self._run.rubric
        if rubric and any(_shares(message, words(c.text), self._seen) for c in rubric.criteria):
            return "quotes the rubric"
        if _shares(_QUOTED.sub(" ", message), self._of_others, self._own):
            return "repeats what a review, a page or a description says"
        return None

    def _unseen_numbers(self, message: str) -> Iterator[str]:
        yield from (found for found in _NUMBER.findall(message) if _value(found) not in self._known)
        spelled = (word for word in words(message) if word in _NUMBER_WORDS)
        yield from (word for word in spelled if not _holds(self._seen, [word]))

    @cached_property
    def _drafts(self) -> str:
        """The question and the researcher's own words."""
        said = (part for message in self._run.messages for part in _said(message))
        return "\n".join([self._run.task.question, *said])

    @cached_property
    def _results(self) -> str:
        seen = self._run.observations
        return "\n".join(json_text(o.result) if o.ok else str(o.error) for o in seen)

    @cached_property
    def _known(self) -> frozenset[float]:
        return frozenset(map(_value, _NUMBER.findall(f"{self._drafts}\n{self._results}")))

    @cached_property
    def _own(self) -> str:
        return _line(words(self._drafts))

    @cached_property
    def _seen(self) -> str:
        return self._own + _line(words(self._results))

    @cached_property
    def _of_others(self) -> list[str]:
        """What shoppers, sellers and web sites wrote; a title is a name and may be said."""
        said: list[str] = []
        for item in self._run.evidence.values():
            product = item.kind == "product"
            prose = {k: item.fields.get(k) for k in _PROSE} if product else item.fields
            said += [*words(json_text(prose)), "|"]
        return said


def words(text: str) -> list[str]:
    """Without case, punctuation and articles, in order."""
    return [word for word in re.findall(r"[^\W_]+", text.casefold()) if word not in _ARTICLES]


def _said(message: Message) -> Iterator[str]:
    yield message.text
    if message.plan:
        yield plan_text(message.plan)
    for call in message.tool_calls:
        yield json_text(call.arguments)


def _shares(message: str, wording: list[str], allowed: str) -> bool:
    """Whether the message has a long sequence of the wording's words that is not allowed."""
    said, source = words(message), _line(wording)
    length = min(SEQUENCE, max(len(wording), _SHORTEST))
    sequences = (said[n : n + length] for n in range(len(said) - length + 1))
    return any(_holds(source, each) and not _holds(allowed, each) for each in sequences)


def _line(said: Iterable[str]) -> str:
    return f" {' '.join(said)} "


def _holds(line: str, sequence: Iterable[str]) -> bool:
    return _line(sequence) in line


def _value(number: str) -> float:
    return float(number.replace(",", ""))
