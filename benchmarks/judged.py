"""Rankings against human ratings.

DCG@10 of a ranking is the sum over its first ten places of rating / log2(place + 1) (linear
gain); NDCG divides it by the DCG of the best ranking of all rated products of the query. A
product without a rating counts as 0. Judged@10 is the share of the first ten that has a rating
(of ten, also where fewer were found). Condensed NDCG@10 is NDCG@10 of the first
hundred places without the products that have no rating: what the ratings say of the order, where
NDCG also punishes good products that nobody rated.
"""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Ratings = Mapping[str, float]
"""Of one query, by product id."""

K = 10
DEPTH = 100
"""Places that are looked at for the condensed figure."""


@dataclass(frozen=True)
class Scores:
    ndcg: float
    judged: float
    condensed: float


def read_ratings(path: str) -> dict[str, dict[str, float]]:
    """Ratings by query and product id, of a CSV with the columns query, docid and rating.

    Queries without any rating above 0 are left out: no ranking of theirs is better than another.
    """
    rated: dict[str, dict[str, float]] = {}
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if missing := {"query", "docid", "rating"} - set(rows.fieldnames or ()):
            raise SystemExit(f"{path}: no column {', '.join(sorted(missing))}")
        for row in rows:
            rated.setdefault(row["query"], {})[row["docid"]] = _rating(path, rows.line_num, row)
    return {query: by for query, by in rated.items() if max(by.values()) > 0}


def _rating(path: str, line: int, row: Mapping[str, str]) -> float:
    try:
        rating = float(row["rating"])
    except ValueError:
        rating = math.nan
    if not 0 <= rating < math.inf:
        raise SystemExit(f"{path}:{line}: rating: {row['rating']!r} is no number of 0 or more")
    return rating


def score(ranking: Sequence[str], ratings: Ratings) -> Scores:
    """`ranking` holds ids, best first, without repeats, at least DEPTH of them if there are."""
    judged = [found for found in ranking[:DEPTH] if found in ratings]
    return Scores(
        ndcg=ndcg(ranking, ratings),
        judged=sum(found in ratings for found in ranking[:K]) / K,
        condensed=ndcg(judged, ratings),
    )


def ndcg(ranking: Sequence[str], ratings: Ratings) -> float:
    """Raises ZeroDivisionError where no rating is above 0."""
    best = sorted(ratings.values(), reverse=True)
    return _dcg([ratings.get(found, 0.0) for found in ranking]) / _dcg(best)


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(place + 1) for place, gain in enumerate(gains[:K], 1))
