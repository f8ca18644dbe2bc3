"""In which order products that fit are recommended: wishes as measured, owners, relevance."""

from collections.abc import Iterator, Sequence

from client.rules.findings import Findings, Said
from client.rules.wishes import Wish, wish_for
from client.trajectory import Need


def ranked(found: Findings, by_owners: bool = False) -> tuple[str, ...]:
    """The fitting products, best first: by measured wishes, what owners say, ratings, relevance."""
    scores = {alias: _standing(found, alias, by_owners) for alias in found.fits}
    for name, better in _measures(found):
        for alias, place in _places(found, name, better).items():
            scores[alias] += place
    return tuple(sorted(found.fits, key=lambda alias: -scores[alias]))


def _standing(found: Findings, alias: str, by_owners: bool) -> float:
    fields = found.evidence[alias].fields
    count = float(fields.get("review_count") or 0)
    rating = float(fields.get("rating") or 0)
    # A mean of few ratings is drawn towards 4, so that one 5-star review does not win.
    trusted = (rating * count + 4 * 10) / (count + 10) if rating else 3.9
    heard = sum(balance(found, alias, wish) for _, wish in wishes_of(found)) if by_owners else 0.0
    return trusted / 5 + heard / 2 - found.fits.index(alias) / 1000


def balance(found: Findings, alias: str, wish: Wish) -> float:
    said = found.said_of(alias, wish.asked_of_owners)
    liked, disliked = _count(said, 4, 5), _count(said, 0, 2)
    return (liked - disliked) / (liked + disliked + 2)


def _count(said: Sequence[Said], low: float, high: float) -> int:
    return len({s.alias for s in said if s.rating is not None and low <= s.rating <= high})


def _places(found: Findings, name: str, better: str) -> dict[str, float]:
    """1 for the best, falling to near 0; 0 for those that state nothing."""
    stated = {a: n for a in found.fits if (n := found.number(a, name)) is not None}
    values = sorted(set(stated.values()), reverse=better == "high")
    return {alias: 1 - values.index(n) / (len(values) + 1) for alias, n in stated.items()}


def wishes_of(found: Findings) -> list[tuple[Need, Wish]]:
    soft = ((need, wish_for(need.text)) for need in found.plan.needs if not need.hard)
    return [
        (need, wish or Wish((need.text,), asked_of_owners=_content(need.text)))
        for need, wish in soft
    ]


def _content(text: str) -> tuple[str, ...]:
    words = [
        w for w in text.lower().split() if len(w) > 2 and w not in ("for", "and", "the", "with")
    ]
    return tuple(words)


def _measures(found: Findings) -> Iterator[tuple[str, str]]:
    """(name, better end) of each wish that any fitting product states a number for."""
    for _, wish in wishes_of(found):
        for name in wish.attributes:
            if any(found.number(alias, name) is not None for alias in found.fits):
                yield name, wish.better
