"""Soft needs: how shoppers word them, what measures them, how owners speak of them."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal


@dataclass(frozen=True)
class Wish:
    """A soft need that the catalog or owners may speak of."""

    words: tuple[str, ...]
    """What shoppers say: "quiet"."""
    attributes: tuple[str, ...] = ()
    """Attribute or concept names that measure it: "noise"."""
    better: Literal["low", "high"] = "low"
    asked_of_owners: tuple[str, ...] = ()
    """Words by which reviews speak of it."""
    most: str = ""
    """"quietest"."""


@cache
def wishes() -> tuple[Wish, ...]:
    table = tomllib.loads(files("client.rules").joinpath("wishes.toml").read_text("utf-8"))
    return tuple(
        Wish(
            tuple(entry["words"]),
            tuple(entry.get("attributes", ())),
            entry.get("better", "low"),
            tuple(entry.get("owners", ())),
            entry.get("most", ""),
        )
        for entry in table["wish"]
    )


@cache
def wordings() -> tuple[str, ...]:
    """Every way of saying a wish, the longest first."""
    return tuple(sorted((w for wish in wishes() for w in wish.words), key=lambda w: (-len(w), w)))


def wish_for(text: str) -> Wish | None:
    """The known wish that these words express, the longest wording first."""
    spoken = f" {re.sub(r'[^a-z0-9]+', ' ', text.lower()).strip()} "
    worded = next((w for w in wordings() if f" {w} " in spoken), None)
    return next((wish for wish in wishes() if worded in wish.words), None)
