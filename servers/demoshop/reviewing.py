"""What the demo shop's shoppers write: reviews that follow each product's hidden qualities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Literal

from servers.demoshop.catalog import Item, shown
from servers.demoshop.models import AS_OF, between, skewed
from servers.demoshop.shoppers import Shopper, Tone, make_shoppers, purchases
from servers.demoshop.words import Aspect, capital, expand, pick, read_words, sentence
from servers.records import Review

REVIEWS = 20_000
YEARS = 3
FIRST_DAY = date(AS_OF.year - YEARS, AS_OF.month, AS_OF.day)

Mood = Literal["good", "mixed", "bad"]


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
    words = ReviewWords(read_words("reviews.toml"))
    hostile = _hostile_places(rng)
    shoppers = make_shoppers(rng, words["adjectives"], words["creatures"], items)
    seen: set[str] = set()  # only asked, never walked through
    drafts: list[Reviewed] = []
    for shopper, item in purchases(rng, items, shoppers, REVIEWS):
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


class ReviewWords:
    """reviews.toml, each list as a tuple."""

    def __init__(self, raw: dict[str, Any]) -> None:
        self.aspects = tuple(
            Aspect.model_validate(aspect) for aspect in raw.pop("accessory_aspect")
        )
        self._lists: dict[str, tuple[str, ...]] = {name: tuple(raw[name]) for name in raw}

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self._lists[name]


def _day(rng: Random, item: Item) -> date:
    first = max(FIRST_DAY, item.model.released) if item.model else FIRST_DAY
    return first + timedelta(days=int(rng.random() * (AS_OF - first).days))


def _write(rng: Random, words: ReviewWords, shopper: Shopper, item: Item, posted: date) -> Reviewed:
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


def _experiences(rng: Random, words: ReviewWords, shopper: Shopper, item: Item) -> list[Experience]:
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
    score = 4.45 + 1.15 * mean + 0.6 * min(worst, 0) - shopper.harshness
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


def _slots(rng: Random, item: Item, words: ReviewWords, owned: int) -> dict[str, str]:
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


def _ago(rng: Random, words: ReviewWords, days: int) -> str:
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
    words: ReviewWords,
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
    rng: Random, words: ReviewWords, mood: Mood, experience: Experience, slots: dict[str, str]
) -> str:
    """One sentence about one aspect; what goes against the review's mood is a concession."""
    side = "good" if experience.felt > 0 else "bad"
    clause = pick(rng, experience.aspect.good if side == "good" else experience.aspect.bad)
    against = mood != "mixed" and mood != side
    frame = pick(rng, words[f"{'concede' if against else 'frame'}_{side}"])
    return frame.replace("{c}", expand(rng, clause, slots))


def _spec_words(rng: Random, words: ReviewWords, item: Item) -> tuple[str, str] | None:
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
    rng: Random, words: ReviewWords, shopper: Shopper, item: Item, posted: date
) -> Reviewed:
    late = rng.random() < 0.65
    slots = _slots(rng, item, words, 10)
    name = "delivery_bad" if late else "delivery_good"
    title = "title_delivery" if late else "title_delivery_good"
    rating = 1 + int(rng.random() * 2) if late else 4 + int(rng.random() * 2)
    said = expand(rng, pick(rng, words[title]), slots), expand(rng, pick(rng, words[name]), slots)
    return Reviewed(_review(rng, shopper, item, posted, rating, said), shopper, "delivery", {})


def _write_hostile(
    rng: Random, words: ReviewWords, shopper: Shopper, item: Item, posted: date
) -> Reviewed:
    slots = _slots(rng, item, words, 10)
    # The square brackets of one of them are meant, so no alternatives are expanded.
    text = pick(rng, words["hostile"])
    for name, value in slots.items():
        text = text.replace(f"{{{name}}}", value)
    said = "Best " + slots["short"], text
    return Reviewed(_review(rng, shopper, item, posted, 5, said), shopper, "hostile", {})
