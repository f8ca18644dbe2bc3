"""What a run has found so far, read from its observations: who fits, who nearly does,
and what owners and guides say."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from client.checks.constraints import meets
from client.markup import unmarked, value_of
from client.trajectory import Constraint, Evidence, Observation, Plan, Trajectory

Fields = dict[str, Any]

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True)
class Near:
    alias: str
    violates: tuple[Fields, ...]


@dataclass(frozen=True)
class Unknown:
    alias: str
    reasons: tuple[str, ...]
    """"HDMI not stated", "noise unclear (...)"."""


@dataclass(frozen=True)
class Said:
    """One sentence of a review or page."""

    alias: str
    about: str
    """Alias of the product it is about; of the page itself for pages."""
    words: str
    rating: float | None = None


@dataclass(frozen=True)
class Findings:
    run: Trajectory

    @cached_property
    def plan(self) -> Plan:
        return self.run.plan or Plan(looking_for="", needs=(), steps=())

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        return self.run.evidence

    def results(self, tool: str) -> list[Observation]:
        return [o for o in self.run.observations if o.name == tool and o.ok and o.result]

    @cached_property
    def search(self) -> list[Observation]:
        """The search in force with its further pages: the last that found anything."""
        searches = self.results("search_catalog")
        first = next((o for o in reversed(searches) if _found_anything(o)), None)
        if first is None:
            return searches[-1:]
        same = _without_cursor(first.arguments)
        return [o for o in searches if _without_cursor(o.arguments) == same]

    @cached_property
    def fits(self) -> tuple[str, ...]:
        """Products that meet every filter, most relevant first, without excluded brands."""
        return tuple(alias for alias in self._found if all(self._left_open(alias).values()))

    @cached_property
    def _found(self) -> tuple[str, ...]:
        found = dict.fromkeys(
            str(card["id"]) for o in self.search for card in listed(o, "products")
        )
        return tuple(alias for alias in found if not self._excluded(alias))

    def _left_open(self, alias: str) -> dict[str, bool | None]:
        """Whether a product meets what the search in force did not ask for."""
        asked = self.search[0].arguments
        return {
            c.field: meets(self.evidence[alias], c)
            for c in self.constraints
            if c.op != "is not" and not _is_asked(c, asked)
        }

    @cached_property
    def total(self) -> int:
        return int((self.search[0].result or {}).get("total", 0)) if self.search else 0

    @cached_property
    def near(self) -> tuple[Near, ...]:
        entries = [entry for o in self.search for entry in listed(o, "near_misses")]
        return tuple(
            Near(str(e["product"]["id"]), tuple(e["violates"]))
            for e in entries
            if not self._excluded(str(e["product"]["id"]))
            # Another kind of thing is no near miss.
            and all(broken["filter"] != "type" for broken in e["violates"])
        )

    @cached_property
    def unverified(self) -> tuple[Unknown, ...]:
        entries = [entry for o in self.search for entry in listed(o, "unverified")]
        return self._seen_in_part + tuple(
            Unknown(str(e["product"]["id"]), tuple(e["unknown"]))
            for e in entries
            if not self._excluded(str(e["product"]["id"]))
            and not any(reason.startswith("type ") for reason in e["unknown"])
        )

    @property
    def _seen_in_part(self) -> tuple[Unknown, ...]:
        """What a search found that could not ask for everything, and breaks nothing in sight."""
        left_open = {alias: self._left_open(alias) for alias in self._found}
        return tuple(
            Unknown(
                alias, tuple(f"{_short(field)} not stated" for field in held if held[field] is None)
            )
            for alias, held in left_open.items()
            if None in held.values() and False not in held.values()
        )

    @cached_property
    def summaries(self) -> dict[str, Fields]:
        found = (o.result or {} for o in self.results("summarize_reviews"))
        return {str(r["product_id"]): r for r in found if r.get("count")}

    def said_of(self, alias: str, words: Sequence[str]) -> list[Said]:
        """Sentences of the product's reviews that hold one of the words, best first."""
        reviews = [e for e in self.evidence.values() if e.kind == "review"]
        mine = (e for e in reviews if e.fields.get("product_id") == alias)
        found = [
            Said(e.alias, alias, sentence, e.fields.get("rating"))
            for e in mine
            for sentence in _sentences(e.fields.get("text", ""))
            if holds_any(sentence, words)
        ]
        return sorted(found, key=lambda s: (not 25 <= len(s.words) <= 160, len(s.words)))

    def guide_says(self, page: Observation, words: Sequence[str]) -> list[str]:
        """Sentences of a page that was read that hold one of the words, in its order."""
        passages = [str(passage.get("text") or "") for passage in listed(page, "passages")]
        found = (s for text in passages for s in _sentences(text) if holds_any(s, words))
        return [one for one in found if 30 <= len(one) <= 240 and "|" not in one]

    def number(self, alias: str, name: str) -> float | None:
        """A number among the product's stated values, as a number for sorting."""
        field = name if name in ("price", "rating") else f"attributes.{name}"
        text = value_of(self.evidence[alias], field)
        found = re.search(r"\d+(?:\.\d+)?", (text or "").replace(",", ""))
        return float(found[0]) if found else None

    def one_of_each(self, aliases: Sequence[str]) -> tuple[str, ...]:
        """Without further variants (sizes, colours) of a product already named."""
        first: dict[str, str] = {}
        for alias in aliases:
            first.setdefault(str(self.evidence[alias].fields.get("group") or alias), alias)
        return tuple(first.values())

    def _excluded(self, alias: str) -> bool:
        return any(c.op == "is not" and self._states_any(alias, c) for c in self.constraints)

    def _states_any(self, alias: str, constraint: Constraint) -> bool:
        value = constraint.value
        refused = value if isinstance(value, tuple) else (value,)
        stated = value_of(self.evidence[alias], constraint.field) or ""
        return any(holds_any(stated, [str(word).lower()]) for word in refused)

    @cached_property
    def constraints(self) -> tuple[Constraint, ...]:
        return tuple(need.constraint for need in self.plan.needs if need.constraint)


def _is_asked(constraint: Constraint, arguments: Fields) -> bool:
    field = constraint.field
    if field.startswith("attributes."):
        return _short(field) in (arguments.get("attributes") or {})
    return any(name in arguments for name in (field, f"{field}_min", f"{field}_max"))


def _short(field: str) -> str:
    return field.removeprefix("attributes.")


def holds_any(text: str, words: Sequence[str]) -> bool:
    spoken = f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "
    return any(f" {word} " in spoken for word in words)


def _found_anything(observation: Observation) -> bool:
    keys = ("products", "near_misses", "unverified")
    return any(listed(observation, key) for key in keys)


def listed(observation: Observation, key: str) -> list[Fields]:
    return (observation.result or {}).get(key) or []


def _without_cursor(arguments: Fields) -> Fields:
    return {key: value for key, value in arguments.items() if key != "cursor"}


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(text):
        if words := re.sub(r"^\s*(?:[-*+>]|\d+[.)])\s+", "", sentence).strip():
            yield unmarked(words)
