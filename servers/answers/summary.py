"""The reviews of one product in figures: how many, how good, since when, about what."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from servers.answers import shapes
from servers.answers.aspects import AspectCount, count_aspects
from servers.answers.budget import fits, most_that_fit
from servers.records import Review

_MOST_ASPECTS = 12
_IDS_A_SIDE = 3
_HALF_YEARS_UP_TO = 3
"""Years that reviews may span to be counted by half-years."""

_HOW = (
    "Aspects are found by word lists (negation minded; a clause without words of opinion goes by"
    " its stars): read the reviews before relying on one. review_ids: fault first, then praise."
)


def summarize(
    product_id: str, title: str, reviews: Sequence[Review], total: int, max_tokens: int
) -> shapes.ReviewSummary:
    """`reviews`: the newest of `total`; `title`: of the product, where it is known."""
    ratings = [one.rating for one in reviews if one.rating is not None]
    verified = [one.verified for one in reviews if one.verified is not None]
    result = shapes.ReviewSummary(
        product_id=product_id,
        count=total,
        mean=_mean(ratings),
        histogram=_histogram(ratings),
        verified_share=round(sum(verified) / len(verified), 3) if verified else None,
        over_time=_over_time(reviews),
        aspects=[_aspect(one) for one in count_aspects(reviews, title)[:_MOST_ASPECTS]],
        note=_note(len(reviews), total),
    )
    return _fitted(result, max_tokens)


def _note(read: int, total: int) -> str:
    if not total:
        return "This product has no reviews here."
    return f"From the newest {read} of {total} reviews. {_HOW}" if read < total else _HOW


def _mean(ratings: Sequence[float]) -> float | None:
    return round(sum(ratings) / len(ratings), 2) if ratings else None


def _histogram(ratings: Sequence[float]) -> dict[str, int]:
    """By whole stars, halves going up as shops show them."""
    stars = Counter(min(5, int(rating + 0.5)) for rating in ratings)
    lowest = 0 if stars[0] else 1
    return {str(star): stars[star] for star in range(lowest, 6)} if ratings else {}


def _over_time(reviews: Sequence[Review]) -> list[shapes.Period]:
    dated = [(one.posted, one.rating) for one in reviews if one.posted is not None]
    if not dated:
        return []
    first, last = min(day for day, _ in dated), max(day for day, _ in dated)
    halves = last.year - first.year < _HALF_YEARS_UP_TO
    periods: Mapping[str, list[float | None]] = defaultdict(list)
    for day, rating in dated:
        half = f"-H{1 if day.month <= 6 else 2}" if halves else ""
        periods[f"{day.year}{half}"].append(rating)
    return [
        shapes.Period(
            period=period,
            count=len(ratings),
            mean=_mean([rating for rating in ratings if rating is not None]),
        )
        for period, ratings in sorted(periods.items())
    ]


def _aspect(count: AspectCount) -> shapes.Aspect:
    ids = [*count.negative[:_IDS_A_SIDE], *count.positive[:_IDS_A_SIDE]]
    return shapes.Aspect(
        name=count.name,
        positive=len(count.positive),
        negative=len(count.negative),
        review_ids=list(dict.fromkeys(ids)),
    )


def _fitted(result: shapes.ReviewSummary, max_tokens: int) -> shapes.ReviewSummary:
    if fits(result, max_tokens):
        return result

    def first(count: int) -> shapes.ReviewSummary:
        note = f"{count} of {len(result.aspects)} aspects fit max_tokens. {result.note}"
        return result.model_copy(update={"aspects": result.aspects[:count], "note": note})

    shown = first(most_that_fit(len(result.aspects), lambda n: fits(first(n), max_tokens)))
    if fits(shown, max_tokens):
        return shown
    return shown.model_copy(update={"over_time": shown.over_time[-4:]})
