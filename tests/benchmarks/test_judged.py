import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.judged import ndcg, read_ratings, score

RATINGS = {"a": 3.0, "b": 2.0, "c": 0.0}


def test_the_best_order_scores_one_and_ratings_of_zero_change_nothing():
    assert ndcg(["a", "b"], RATINGS) == 1
    assert ndcg(["a", "b", "c"], RATINGS) == 1


def test_gain_is_linear_and_discounted_by_the_logarithm_of_the_place():
    best = 3 + 2 / math.log2(3)
    assert ndcg(["b", "a"], RATINGS) == pytest.approx((2 + 3 / math.log2(3)) / best)
    assert ndcg(["x", "y", "a"], RATINGS) == pytest.approx(3 / math.log2(4) / best)


def test_only_the_first_ten_places_count():
    assert ndcg([f"x{n}" for n in range(10)] + ["a"], RATINGS) == 0


def test_more_than_ten_rated_products_do_not_push_the_best_score_below_one():
    many = {f"p{n}": 3.0 for n in range(25)}
    assert ndcg(list(many), many) == 1


def test_unjudged_products_cost_ndcg_but_not_the_condensed_figure():
    found = score(["x", "a", "y", "b"], RATINGS)
    assert found.ndcg < 1
    assert found.condensed == 1
    assert found.judged == 0.2


def test_nothing_found_scores_nothing():
    found = score([], RATINGS)
    assert (found.ndcg, found.judged, found.condensed) == (0, 0, 0)


@given(st.permutations(["a", "b", "c", "x", "y", "z"]))
def test_no_order_scores_above_one_and_condensing_never_lowers_a_score(ranking: list[str]):
    found = score(ranking, RATINGS)
    assert 0 <= found.ndcg <= found.condensed + 1e-12
    assert found.condensed <= 1 + 1e-12


def test_ratings_are_read_by_query_and_queries_without_a_good_product_are_left_out(tmp_path: Path):
    file = tmp_path / "ratings.csv"
    file.write_text("query,docid,rating\nled tv,1,3\nled tv,2,0\nnothing,3,0\n", encoding="utf-8")
    assert read_ratings(str(file)) == {"led tv": {"1": 3.0, "2": 0.0}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("query,rating\ntv,3\n", "no column docid"),
        ("query,docid,rating\ntv,1,good\n", r":2: rating: 'good' is no number"),
        ("query,docid,rating\ntv,1,nan\n", r":2: rating: 'nan' is no number"),
    ],
)
def test_a_ratings_file_that_is_none_is_refused_with_its_line(tmp_path: Path, text: str, said: str):
    file = tmp_path / "ratings.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=said):
        read_ratings(str(file))
