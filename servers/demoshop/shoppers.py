"""The demo shop's shoppers: who they are and what they buy.

A shopper keeps tastes, temper and tone through all purchases.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Literal

from servers.demoshop.catalog import Item
from servers.demoshop.models import skewed
from servers.demoshop.words import pick

SHOPPERS = 4_000

Tone = Literal["terse", "plain", "chatty", "exact", "sloppy"]
TONES: tuple[Tone, ...] = ("terse", "plain", "plain", "chatty", "exact", "sloppy")


@dataclass(frozen=True)
class Shopper:
    author: str
    harshness: float
    """What a rating loses, in stars."""
    tone: Tone
    tier: float
    """The price level it shops at, 0 to 1."""
    interests: tuple[str, ...]
    """Category codes it comes back to."""
    cares: float
    """Picks the aspect that it always looks at."""
    delivery: float
    """How easily a late parcel upsets it."""


def make_shoppers(
    rng: Random, adjectives: tuple[str, ...], creatures: tuple[str, ...], items: Sequence[Item]
) -> list[Shopper]:
    codes = tuple(dict.fromkeys(item.category.code for item in items))
    weights = {item.category.code: item.category.popularity for item in items}
    names: dict[str, None] = {}
    while len(names) < SHOPPERS:
        number = int(rng.random() * 90) + 10
        names[f"{pick(rng, adjectives)}_{pick(rng, creatures)}{number}"] = None
    return [
        Shopper(
            author=name,
            harshness=(rng.random() + rng.random() - 1) * 0.9,
            tone=pick(rng, TONES),
            tier=rng.random(),
            interests=tuple(_weighted(rng, codes, [weights[c] for c in codes]) for _ in range(5)),
            cares=rng.random(),
            delivery=rng.random(),
        )
        for name in names
    ]


def _weighted(rng: Random, options: Sequence[str], weights: Sequence[float]) -> str:
    totals = list(accumulate(weights))
    return options[bisect(totals, rng.random() * totals[-1])]


def purchases(
    rng: Random, items: Sequence[Item], shoppers: list[Shopper], count: int
) -> list[tuple[Shopper, Item]]:
    """Who reviews which product: nobody twice the same model."""
    shelves = _shelves(rng, items)
    bought: dict[tuple[str, str], None] = {}
    pairs: list[tuple[Shopper, Item]] = []
    # Everyone once, then those who come back: the product favours the first, so some buy a lot.
    while len(pairs) < count:
        turn = len(pairs)
        place = turn if turn < len(shoppers) else int(rng.random() * rng.random() * len(shoppers))
        shopper = shoppers[place]
        item = _choose(rng, shelves, shopper)
        key = (shopper.author, item.product.group or item.product.id)
        if key not in bought:
            bought[key] = None
            pairs.append((shopper, item))
    return pairs


@dataclass(frozen=True)
class _Shelf:
    items: tuple[Item, ...]
    totals: tuple[float, ...]


def _shelves(rng: Random, items: Sequence[Item]) -> dict[str, _Shelf]:
    shelves: dict[str, list[Item]] = {}
    for item in items:
        shelves.setdefault(item.category.code, []).append(item)
    return {code: _Shelf(tuple(own), _popularity(rng, own)) for code, own in shelves.items()}


def _popularity(rng: Random, items: list[Item]) -> tuple[float, ...]:
    """A few sell very well, most a little; accessories are seldom reviewed."""
    weights = [
        (0.04 + skewed(rng, 3)) * (1.0 if item.model is not None else 0.25) for item in items
    ]
    return tuple(accumulate(weights))


def _choose(rng: Random, shelves: dict[str, _Shelf], shopper: Shopper) -> Item:
    shelf = shelves[pick(rng, shopper.interests)]
    tried = [shelf.items[bisect(shelf.totals, rng.random() * shelf.totals[-1])] for _ in range(2)]
    return min(tried, key=lambda item: abs((item.model.tier if item.model else 0.5) - shopper.tier))
