"""The demo shop's shoppers and what they write.

A shopper keeps tastes, temper and tone through all purchases; what is said of a product
follows its hidden qualities.
"""

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import Any, Literal

from servers.demoshop.catalog import Item, shown
from servers.demoshop.models import AS_OF, between, skewed
from servers.demoshop.words import Aspect, capital, expand, pick, read_words, sentence
from servers.records import Review

SHOPPERS = 4_000
REVIEWS = 20_000
YEARS = 3
FIRST_DAY = date(AS_OF.year - YEARS, AS_OF.month, AS_OF.day)

Mood = Literal["good", "mixed", "bad"]
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


@dataclass(frozen=True)
class Experience:
    aspect: Aspect
    felt: float


@dataclass(frozen=True)
class Reviewed:
    """A review with what it was made from."""

    review: Review
    shopper: Shopper
    kind: Literal["review", "short", "delivery", "hostile"]
    mentions: Mapping[str, str]
    """Aspect -> "positive" or "negative", as the text says it."""
    defect: str | None = None


def make_reviews(seed: int, items: Sequence[Item]) -> tuple[Reviewed, ...]:
    """REVIEWS reviews, by date. Every text of more than 40 characters is meant to be new."""
    rng = Random(f"{seed}:reviews")
    words = _Words(read_words("reviews.toml"))
    hostile = _hostile_places(rng)
    seen: set[str] = set()  # only asked, never walked through
    drafts: list[Reviewed] = []
    for shopper, item in _purchases(rng, items, _shoppers(rng, words, items)):
        posted = _day(rng, item)
        write = _write_hostile if len(drafts) in hostile else _write
        draft = write(rng, words, shopper, item, posted)
        for _ in range(6):
            if len(draft.review.text) <= 40 or draft.review.text not in seen:
                break
            draft = write(rng, words, shopper, item, posted)
        seen.add(draft.review.text)
        drafts.append(draft)
    drafts.sort(key=lambda draft: (draft.review.posted, draft.review.product_id))
    return tuple(_numbered(draft, number) for number, draft in enumerate(drafts))


HOSTILE = 14


def _hostile_places(rng: Random) -> frozenset[int]:
    return frozenset(int(rng.random() * REVIEWS) for _ in range(HOSTILE))


def _numbered(draft: Reviewed, number: int) -> Reviewed:
    review = draft.review.model_copy(update={"id": f"rev-{10_000 + number}"})
    return Reviewed(review, draft.shopper, draft.kind, draft.mentions, draft.defect)


class _Words:
    """reviews.toml, each list as a tuple."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.aspects = tuple(
            Aspect.model_validate(aspect) for aspect in raw.pop("accessory_aspect")
        )
        self._lists: dict[str, tuple[str, ...]] = {name: tuple(raw[name]) for name in raw}

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self._lists[name]


# Who buys what


def _shoppers(rng: Random, words: _Words, items: Sequence[Item]) -> list[Shopper]:
    codes = tuple(dict.fromkeys(item.category.code for item in items))
    weights = {item.category.code: item.category.popularity for item in items}
    names: dict[str, None] = {}
    while len(names) < SHOPPERS:
        number = int(rng.random() * 90) + 10
        names[f"{pick(rng, words['adjectives'])}_{pick(rng, words['creatures'])}{number}"] = None
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


def _purchases(
    rng: Random, items: Sequence[Item], shoppers: list[Shopper]
) -> list[tuple[Shopper, Item]]:
    """Who reviews which product: nobody twice the same model."""
    shelves = _shelves(rng, items)
    bought: dict[tuple[str, str], None] = {}
    pairs: list[tuple[Shopper, Item]] = []
    # Everyone once, then those who come back: the product favours the first, so some buy a lot.
    while len(pairs) < REVIEWS:
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


def _day(rng: Random, item: Item) -> date:
    first = max(FIRST_DAY, item.model.released) if item.model else FIRST_DAY
    return first + timedelta(days=int(rng.random() * (AS_OF - first).days))


# What they write


def _write(rng: Random, words: _Words, shopper: Shopper, item: Item, posted: date) -> Reviewed:
    fate = rng.random()
    if fate < 0.012 + 0.02 * shopper.delivery:
        return _write_delivery(rng, words, shopper, item, posted)
    owned = _days_owned(rng, item, posted)
    felt = _experiences(rng, words, shopper, item)
    defect = _broken(rng, item, owned)
    rating = _rating(rng, shopper, felt, defect is not None)
    mood = _mood(rating)
    slots = _slots(rng, item, words, owned)
    if rng.random() < (0.3 if shopper.tone == "terse" else 0.05) and not defect:
        text, told = expand(rng, pick(rng, words[f"short_{mood}"]), slots), []
    else:
        told = _told(rng, shopper, felt, mood)
        text = _text(rng, words, shopper, item, mood, told, slots, defect)
    title = expand(rng, pick(rng, words[f"title_{mood}"]), slots) if rng.random() < 0.9 else ""
    return Reviewed(
        review=_review(rng, shopper, item, posted, rating, (capital(title), text)),
        shopper=shopper,
        kind="review" if told or defect else "short",
        mentions={e.aspect.name: "positive" if e.felt > 0 else "negative" for e in told},
        defect=defect,
    )


def _review(
    rng: Random, shopper: Shopper, item: Item, posted: date, rating: int, said: tuple[str, str]
) -> Review:
    title, text = said
    age = (AS_OF - posted).days
    reach = len(text) / 500 + (0.6 if rating in (1, 5) else 0.3)
    return Review(
        id="rev-0",
        product_id=item.product.id,
        rating=float(rating),
        title=title,
        text=text,
        posted=posted,
        verified=rng.random() < 0.88,
        helpful=int(skewed(rng, 4) * reach * (4 + age / 25)),
        author=shopper.author,
    )


def _days_owned(rng: Random, item: Item, posted: date) -> int:
    """Most write within weeks, some after a year; never before the model existed."""
    days = int(4 + skewed(rng, 3) * 700)
    return min(days, max((posted - item.model.released).days, 4)) if item.model else days


def _experiences(rng: Random, words: _Words, shopper: Shopper, item: Item) -> list[Experience]:
    if item.model is None:
        base = Random(f"{item.product.id}:quality")
        return [
            Experience(aspect, between(base, -0.8, 2.0) + between(rng, -0.9, 0.9))
            for aspect in words.aspects
        ]
    aspects = item.model.aspects
    # Even of a good product some pieces are bad: about one in ten has a fault of its own.
    lemon = int(rng.random() * 10 * len(aspects))
    return [
        Experience(
            aspect,
            item.model.qualities[aspect.name]
            + between(rng, -1.0, 1.0)
            - (2.8 if place == lemon else 0.0),
        )
        for place, aspect in enumerate(aspects)
    ]


def _broken(rng: Random, item: Item, owned: int) -> str | None:
    defect = item.model.defect if item.model else None
    if defect and owned >= defect.months * 30 and rng.random() < 0.75:
        return pick(rng, defect.says)
    return None


def _rating(rng: Random, shopper: Shopper, felt: list[Experience], broken: bool) -> int:
    mean = sum(e.felt for e in felt) / len(felt)
    worst = min(e.felt for e in felt)
    score = 4.25 + 1.15 * mean + 0.6 * min(worst, 0) - shopper.harshness
    score += between(rng, -1.0, 1.0) - (2.2 if broken else 0)
    return min(max(round(score), 1), 5)


def _mood(rating: int) -> Mood:
    return "good" if rating >= 4 else "mixed" if rating == 3 else "bad"


def _told(rng: Random, shopper: Shopper, felt: list[Experience], mood: Mood) -> list[Experience]:
    """The experiences worth telling: strong ones, those behind the rating, the shopper's own."""
    hobby = int(shopper.cares * len(felt))

    def weight(place: int) -> float:
        fits = (mood == "good") == (felt[place].felt > 0)
        own = 0.8 if place == hobby else 0.0
        return abs(felt[place].felt) + (1.2 if fits else 0.0) + own + rng.random()

    order = sorted(range(len(felt)), key=weight, reverse=True)
    count = {"terse": 1, "plain": 2, "chatty": 3, "exact": 3, "sloppy": 2}[shopper.tone]
    count = max(1, count - int(rng.random() * 2))
    return [felt[place] for place in order[:count]]


def _slots(rng: Random, item: Item, words: _Words, owned: int) -> dict[str, str]:
    many = item.category.many and item.model is not None
    return {
        "short": pick(rng, item.category.short) if item.model else item.kind.split(" for ")[0],
        "use": pick(rng, item.category.uses) if item.model else "as a spare",
        "brand": item.product.brand or "",
        "model": item.model.name if item.model else item.kind.split(" for ")[0],
        "the": "" if item.category.subtitles else "the ",
        "code": item.product.id,
        "ago": _ago(rng, words, owned),
        "it": "they" if many else "it",
        "obj": "them" if many else "it",
        "is": "are" if many else "is",
        "has": "have" if many else "has",
        "this": "these" if many else "this",
    }


def _ago(rng: Random, words: _Words, days: int) -> str:
    if days < 20:
        return pick(rng, words["ago_days"])
    if days < 50:
        return pick(rng, ("a month", "four weeks", "five weeks"))
    months = days // 30
    return (
        f"{months} months"
        if months < 12 or days % 365 > 60
        else f"{days // 365 or 1} year" + ("s" if days // 365 > 1 else "")
    )


def _text(
    rng: Random,
    words: _Words,
    shopper: Shopper,
    item: Item,
    mood: Mood,
    told: list[Experience],
    slots: dict[str, str],
    defect: str | None,
) -> str:
    parts: list[str] = []
    if shopper.tone != "terse" or rng.random() < 0.3:
        parts.append(pick(rng, words[f"opening_{mood}"]))
    for experience in told:
        parts.append(_clause(rng, words, mood, experience, slots))
    if defect:
        broken = expand(rng, defect, slots)
        parts.append(pick(rng, words["defect"]).replace("{c}", broken))
    if shopper.tone == "exact" and (known := _spec_words(rng, words, item)):
        spec, value = known
        parts.append(pick(rng, words["spec"]).replace("{spec}", spec).replace("{value}", value))
    if rng.random() < (0.2 if shopper.tone == "chatty" else 0.03):
        parts.insert(int(rng.random() * len(parts)) + 1, pick(rng, words["aside"]))
    if rng.random() < (0.25 if shopper.tone == "terse" else 0.5):
        parts.append(pick(rng, words[f"closing_{mood}"]))
    text = " ".join(sentence(expand(rng, part, slots)) for part in parts)
    return _in_tone(rng, shopper.tone, text)


def _clause(
    rng: Random, words: _Words, mood: Mood, experience: Experience, slots: dict[str, str]
) -> str:
    """One sentence about one aspect; what goes against the review's mood is a concession."""
    side = "good" if experience.felt > 0 else "bad"
    clause = pick(rng, experience.aspect.good if side == "good" else experience.aspect.bad)
    against = mood != "mixed" and mood != side
    frame = pick(rng, words[f"{'concede' if against else 'frame'}_{side}"])
    return frame.replace("{c}", expand(rng, clause, slots))


def _spec_words(rng: Random, words: _Words, item: Item) -> tuple[str, str] | None:
    """A figure from the product page, as an owner would repeat it."""
    if item.model is None:
        return None
    figures = tuple(
        spec
        for spec in item.category.spec
        if spec.unit
        and spec.name in words["measured"]
        and spec.name in item.stated
        and spec.name not in item.unit_unclear
    )
    if not figures:
        return None
    spec = pick(rng, figures)
    return spec.name, shown(spec, item.model.specs[spec.name])


def _in_tone(rng: Random, tone: Tone, text: str) -> str:
    if tone == "sloppy":
        text = text.lower().replace("; ", ", ").replace(" i ", " i ")
        return text[:-1] + pick(rng, ("", "!!", ".", " :)" if "not " not in text else ""))
    return text


def _write_delivery(
    rng: Random, words: _Words, shopper: Shopper, item: Item, posted: date
) -> Reviewed:
    late = rng.random() < 0.65
    slots = _slots(rng, item, words, 10)
    name = "delivery_bad" if late else "delivery_good"
    title = "title_delivery" if late else "title_delivery_good"
    rating = 1 + int(rng.random() * 2) if late else 4 + int(rng.random() * 2)
    said = expand(rng, pick(rng, words[title]), slots), expand(rng, pick(rng, words[name]), slots)
    return Reviewed(_review(rng, shopper, item, posted, rating, said), shopper, "delivery", {})


def _write_hostile(
    rng: Random, words: _Words, shopper: Shopper, item: Item, posted: date
) -> Reviewed:
    slots = _slots(rng, item, words, 10)
    # The square brackets of one of them are meant, so no alternatives are expanded.
    text = pick(rng, words["hostile"])
    for name, value in slots.items():
        text = text.replace(f"{{{name}}}", value)
    said = "Best " + slots["short"], text
    return Reviewed(_review(rng, shopper, item, posted, 5, said), shopper, "hostile", {})
