"""The geometry of the plots; the templates draw it."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from client.aliases import an_object, objects
from client.markup import money
from client.trajectory import Evidence

WIDTH, HEIGHT = 720, 388
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 24, 20, 60


@dataclass(frozen=True)
class Tick:
    at: float
    """In the plot's units, along its axis."""
    label: str


@dataclass(frozen=True)
class Point:
    x: float
    y: float
    label: str
    """The rank of a recommended product, else empty."""
    label_x: float
    label_y: float
    """Where the label stands: on the point, or beside it where it would hide another label."""
    title: str
    price: str
    rating: str


@dataclass(frozen=True)
class Scatter:
    """Price to the right, rating upwards."""

    points: tuple[Point, ...]
    """Recommended ones last, so that they are drawn on top."""
    prices: tuple[Tick, ...]
    ratings: tuple[Tick, ...]
    currency: str
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def ranked(self) -> tuple[Point, ...]:
        """In the order of a table: the recommended ones by rank, then the others."""
        return tuple(sorted(self.points, key=lambda p: int(p.label or 10_000)))


def number_of(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def price_against_rating(products: Iterable[Evidence], ranks: dict[str, int]) -> Scatter | None:
    """Of the products that state both, in the currency most of them have; `ranks` by product id.
    None where fewer than three do, or fewer than two of the ranked ones."""
    stated = [
        (price, rating, product)
        for product in products
        if (price := number_of(product.fields.get("price"))) is not None
        and (rating := number_of(product.fields.get("rating"))) is not None
        and 0 <= rating <= 5
        and 0 <= price < 1e9
    ]
    currencies = Counter(str(product.fields.get("currency") or "") for *_, product in stated)
    currency = currencies.most_common(1)[0][0] if currencies else ""
    shown = [s for s in stated if str(s[2].fields.get("currency") or "") == currency]
    if len(shown) < 3 or sum(s[2].id in ranks for s in shown) < 2:
        return None
    price_ticks = _round_steps(min(s[0] for s in shown), max(s[0] for s in shown))
    low = max(0, math.ceil(min(s[1] for s in shown)) - 1)
    across = _scale(price_ticks[0], price_ticks[-1], _LEFT, WIDTH - _RIGHT)
    up = _scale(low, 5, HEIGHT - _BOTTOM, _TOP)
    labels = _labels(
        {
            product.id: (across(price), up(rating))
            for price, rating, product in sorted(shown, key=lambda s: ranks.get(s[2].id, 0))
            if product.id in ranks
        }
    )
    points = [
        Point(
            x=across(price),
            y=up(rating),
            label=str(ranks.get(product.id, "")),
            label_x=labels.get(product.id, (0.0, 0.0))[0],
            label_y=labels.get(product.id, (0.0, 0.0))[1],
            title=str(product.fields.get("title") or product.id)[:120],
            price=money(price, currency),
            rating=f"{rating:g}",
        )
        for price, rating, product in shown
    ]
    return Scatter(
        points=tuple(sorted(points, key=lambda p: -int(p.label or 10_000))),
        prices=tuple(Tick(across(price), f"{price:g}") for price in price_ticks),
        ratings=tuple(Tick(up(rating), str(rating)) for rating in range(low, 6)),
        currency=currency,
    )


def _scale(low: float, high: float, start: float, end: float):
    def at(value: float) -> float:
        return round(start + (value - low) / ((high - low) or 1) * (end - start), 1)

    return at


_APART = 30
_AROUND = ((0, 0), (1, 0), (-1, 0), (0, 1), (1, 1), (-1, 1), (1, -1), (-1, -1), (2, 0), (-2, 0))


def _labels(points: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Each label on its point, or at the nearest place around it that no other label has taken."""
    placed: dict[str, tuple[float, float]] = {}
    for id, (x, y) in points.items():
        places = [(round(x + dx * _APART, 1), round(y + dy * _APART, 1)) for dx, dy in _AROUND]
        placed[id] = next((p for p in places if _free(p, placed.values())), (x, y))
    return placed


def _free(place: tuple[float, float], taken: Iterable[tuple[float, float]]) -> bool:
    x, y = place
    inside = _LEFT <= x <= WIDTH - _RIGHT and _TOP <= y <= HEIGHT - _BOTTOM
    return inside and all(math.dist(place, other) >= _APART for other in taken)


def _round_steps(low: float, high: float) -> Sequence[float]:
    """About five round numbers that span the range."""
    if low == high:
        low, high = low / 2, max(high * 1.5, 1.0)
    span = high - low
    power = 10 ** math.floor(math.log10(span / 5))
    step = next(power * m for m in (1, 2, 5, 10) if span / (power * m) <= 5)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(n * step, 6) for n in range(first, last + 1)]


@dataclass(frozen=True)
class Bar:
    stars: int
    count: int
    share: float
    """Of the longest bar, in percent."""


@dataclass(frozen=True)
class Aspect:
    name: str
    positive: int
    negative: int


@dataclass(frozen=True)
class Reviews:
    """What a product's reviews come to."""

    count: int
    mean: str
    bars: tuple[Bar, ...]
    liked: tuple[Aspect, ...]
    disliked: tuple[Aspect, ...]


def reviews_of(product: Evidence) -> Reviews | None:
    """None where the run asked for no summary, or it holds no histogram."""
    summary = an_object(product.fields.get("review_summary"))
    histogram = an_object(summary.get("histogram"))
    counts = {n: int(number_of(histogram.get(str(n))) or 0) for n in range(5, 0, -1)}
    most = max(counts.values())
    if most <= 0:
        return None
    mean = number_of(summary.get("mean"))
    aspects = [
        Aspect(
            str(a.get("name")),
            int(number_of(a.get("positive")) or 0),
            int(number_of(a.get("negative")) or 0),
        )
        for a in objects(summary.get("aspects"))
    ]
    return Reviews(
        count=int(number_of(summary.get("count")) or sum(counts.values())),
        mean="" if mean is None else f"{mean:.2f}",
        bars=tuple(Bar(n, count, round(100 * count / most, 1)) for n, count in counts.items()),
        liked=tuple(a for a in aspects if a.positive > a.negative)[:3],
        disliked=tuple(a for a in aspects if 0 < a.negative >= a.positive)[:3],
    )
