"""Words that mean the same: `synonyms.toml`, read once."""

import tomllib
from collections.abc import Collection, Mapping
from functools import cache, lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from servers.language.words import analyze

Words = tuple[str, ...]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")

    types: list[list[str]]
    broader: dict[str, str]
    signs: dict[str, list[str]]
    words: dict[str, list[list[str]]]


@cache
def _table() -> _Table:
    raw = Path(__file__).with_name("synonyms.toml").read_text(encoding="utf-8")
    return _Table.model_validate(tomllib.loads(raw))


@cache
def names() -> Mapping[Words, Words]:
    """Each name of a type -> the name that stands for its row."""
    return {tuple(analyze(name)): tuple(analyze(row[0])) for row in _table().types for name in row}


@cache
def _broader() -> Mapping[Words, Words]:
    return {
        canonical(tuple(analyze(narrow))): canonical(tuple(analyze(wide)))
        for narrow, wide in _table().broader.items()
    }


@lru_cache(maxsize=50_000)
def canonical(name: Words) -> Words:
    """One name for a type: its longest ending that has a synonym is replaced by it."""
    for start in range(len(name)):
        if (found := names().get(name[start:])) is not None:
            # "led monitor" stands for "monitor" as a whole; "gaming led monitor" keeps "gaming"
            return name[:start] + found
    return name


@lru_cache(maxsize=50_000)
def wider(name: Words) -> tuple[Words, ...]:
    """The name itself, then every broader kind it is known to be, nearest first."""
    found = [canonical(name)]
    for _ in range(4):
        last = found[-1]
        step = next(
            (_broader()[last[start:]] for start in range(len(last)) if last[start:] in _broader()),
            None,
        )
        if step is None or step in found:
            break
        found.append(step)
    return tuple(found)


def signed(attributes: Collection[str]) -> Words:
    """The kind of thing that has such attributes, whatever it is called; () where none is sure."""
    for name, signs in _table().signs.items():
        if sum(sign in attributes for sign in signs) >= 3:
            return tuple(analyze(name))
    return ()


@cache
def alternatives() -> Mapping[Words, tuple[Words, ...]]:
    """Words of a query -> other words that say the same."""
    found: dict[Words, tuple[Words, ...]] = {}
    for row in _table().words["groups"]:
        forms = [tuple(analyze(form)) for form in row]
        for form in forms:
            others = tuple(other for other in forms if other != form)
            found[form] = found.get(form, ()) + others
    return found
