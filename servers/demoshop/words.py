"""The shop's vocabulary: what the TOML files beside this module hold, and how templates expand.

A template is text with alternations `[a|b|]` (nested where wanted) and slots `{name}`.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent

T = TypeVar("T")
Raw = bool | float | str | tuple[str, ...]
"""One hidden value: tuples are lists of texts (ports, formats)."""


class Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Spec(Words):
    name: str
    also: tuple[str, ...] = ()
    """Names under which other brands state the same thing."""
    unit: str | None = None
    alt: tuple[str, float, float] | None = None
    """Another unit that some brands use: its name, factor and rounding step."""
    ladder: tuple[Raw, ...] = ()
    """Values from the plainest to the best (or the smallest to the largest)."""
    range: tuple[float, float, float] | None = None
    """From the plainest value to the best, and the step; the first may be the larger."""
    chance: tuple[float, float] | None = None
    """A yes-no feature: how likely in the cheapest and in the dearest models."""
    base: float | None = None
    plus: dict[str, float] = {}
    """A value that follows from others: base + sum of factor x value."""
    step: float = 1
    follows: Literal["tier", "size", "-size", "free"] = "tier"
    spread: float = 0.5
    pays: float = 0
    """What the best value adds to the price, as a share of the category's base price."""
    missing: float = 0.08
    shy: bool = False
    """A poor value is left unstated more often."""
    when: dict[str, tuple[Raw, ...]] = {}
    """Other specs' values without which this one does not exist."""
    title: tuple[str, ...] = ()
    prose: tuple[str, ...] = ()
    prose_no: tuple[str, ...] = ()
    kin: bool = False
    """Models that differ only here are sold as variants of one another."""


class Aspect(Words):
    name: str
    tied: str | None = None
    """The spec whose value decides how good it is."""
    when: dict[str, tuple[Raw, ...]] = {}
    good: tuple[str, ...]
    bad: tuple[str, ...]


class Defect(Words):
    name: str
    aspect: str
    months: int
    when: dict[str, tuple[Raw, ...]] = {}
    says: tuple[str, ...]


class Accessory(Words):
    nouns: tuple[str, ...]
    price: tuple[float, float]
    packs: tuple[int, ...] = (1,)
    material: tuple[str, ...] = ()


class Fact(Words):
    """What a buying guide knows of one attribute."""

    attribute: str
    means: str
    choose: str
    trade: str
    outdated: str | None = None
    """What pages said before `changed`; `truth` says what holds since."""
    changed: int | None = None
    myth: str | None = None
    truth: str | None = None


class Persona(Words):
    who: str
    needs: str
    look_at: tuple[str, ...]


class Versus(Words):
    a: str
    b: str
    for_a: str
    for_b: str


class Category(Words):
    code: str
    path: tuple[str, ...]
    noun: str
    nouns: tuple[str, ...]
    plural: str
    one: str = ""
    """The noun with its article, where "a" or "an" before it would be wrong."""
    many: bool = False
    """The noun itself is a plural (headphones): sentences about it say "they"."""
    short: tuple[str, ...]
    """What owners call it."""
    models: int
    popularity: float
    base_price: float
    brands: tuple[str, ...]
    series: tuple[str, ...]
    subtitles: tuple[str, ...] = ()
    """Names are a series with one of these, instead of with a number."""
    better: tuple[str, ...] = (" Plus", " Pro", " S", " XT", " II")
    plainer: tuple[str, ...] = (" Lite", " E", " Go", " Basic", " SE")
    """What the name of a model gets that differs from another in one spec."""
    variant: str = "colour"
    variants: tuple[str, ...]
    most_variants: int = 3
    pitch: tuple[str, ...]
    uses: tuple[str, ...]
    """What owners bought it for: completes "I bought it ..."."""
    spec: tuple[Spec, ...]
    aspect: tuple[Aspect, ...]
    defect: tuple[Defect, ...]
    accessory: tuple[Accessory, ...]
    fact: tuple[Fact, ...]
    persona: tuple[Persona, ...]
    versus: tuple[Versus, ...]
    care: tuple[str, ...]


def read_words(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


@cache
def categories() -> tuple[Category, ...]:
    """All categories, by file name, so that their order is the same on every machine."""
    paths = sorted((FOLDER / "categories").glob("*.toml"), key=lambda path: path.name)
    return tuple(
        Category.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths
    )


# Templates

Part = str | tuple["Parts", ...]
Parts = tuple[Part, ...]

_MARK = re.compile(r"[\[\]|]")
_SLOT = re.compile(r"\{([^{}]+)\}")


@cache
def _parse(template: str) -> Parts:
    parts, end = _parse_from(template, 0)
    if end != len(template):
        raise ValueError(f"brackets do not match in {template!r}")
    return parts


def _parse_from(template: str, start: int) -> tuple[Parts, int]:
    """The parts up to the mark that ends this alternative, and where that mark stands."""
    parts: list[Part] = []
    while found := _MARK.search(template, start):
        if found.start() > start:
            parts.append(template[start : found.start()])
        if found.group() != "[":
            return tuple(parts), found.start()
        options: list[Parts] = []
        start = found.end() - 1
        while template[start] != "]":
            option, start = _parse_from(template, start + 1)
            if start >= len(template):
                raise ValueError(f"a bracket is not closed in {template!r}")
            options.append(option)
        parts.append(tuple(options))
        start += 1
    if start < len(template):
        parts.append(template[start:])
    return tuple(parts), len(template)


def _choose(rng: Random, parts: Parts) -> str:
    return "".join(
        part if isinstance(part, str) else _choose(rng, pick(rng, part)) for part in parts
    )


def pick(rng: Random, options: tuple[T, ...]) -> T:
    return options[int(rng.random() * len(options))]


def expand(rng: Random, template: str, slots: Mapping[str, str]) -> str:
    """The template with its alternatives chosen and slots filled. KeyError: no such slot."""
    return _SLOT.sub(lambda found: slots[found.group(1)], _choose(rng, _parse(template)))


def slots_of(template: str) -> frozenset[str]:
    return frozenset(_SLOT.findall(template))


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    text = capital(" ".join(text.split()))
    return text if text[-1:] in ".!?…" else text + "."


def one_of(category: Category) -> str:
    """ "a kettle", "an office chair", "a pair of headphones" """
    article = "an" if category.noun[:1].lower() in "aeiou" else "a"
    return category.one or f"{article} {category.noun}"
