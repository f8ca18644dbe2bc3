import math
import random

import pytest

from benchmarks.measure import (
    bootstrap,
    in_fresh_process,
    peak_megabytes,
    percentile,
    table,
    wilson,
)


def test_a_percentile_lies_between_the_two_nearest_values():
    assert percentile([4, 1, 3, 2], 0.5) == 2.5
    assert percentile([4, 1, 3, 2], 0) == 1
    assert percentile([4, 1, 3, 2], 1) == 4
    assert percentile([0, 10], 0.99) == pytest.approx(9.9)
    assert percentile([7], 0.99) == 7


def test_equal_values_leave_nothing_to_be_uncertain_of():
    found = bootstrap([0.25] * 10, rounds=200)
    assert (found.mean, found.low, found.high) == (0.25, 0.25, 0.25)


def test_a_bootstrap_interval_is_as_wide_as_the_standard_error_says():
    draw = random.Random(1)
    values = [draw.gauss(0.3, 1) for _ in range(400)]
    found = bootstrap(values, rounds=4_000)
    assert found.low < found.mean < found.high
    assert found.mean == pytest.approx(sum(values) / 400)
    assert found.high - found.low == pytest.approx(2 * 1.96 / math.sqrt(400), rel=0.15)


def test_a_paired_interval_sees_a_small_steady_gain_that_the_queries_spread_would_hide():
    draw = random.Random(2)
    before = [draw.random() for _ in range(57)]
    after = [value + 0.02 + draw.uniform(-0.01, 0.01) for value in before]
    paired = bootstrap([b - a for a, b in zip(before, after, strict=True)], rounds=1_000)
    assert paired.low > 0
    assert bootstrap(after, rounds=1_000).low < bootstrap(before, rounds=1_000).high


def test_the_same_values_give_the_same_interval():
    assert bootstrap([1, 2, 5], rounds=100) == bootstrap([1, 2, 5], rounds=100)


def test_no_values_have_no_mean():
    with pytest.raises(ValueError, match="no values"):
        bootstrap([])


def test_a_wilson_interval_agrees_with_published_values_and_holds_at_the_ends():
    half = wilson(8, 10)
    assert (half.low, half.high) == (
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )
    none, every = wilson(0, 10), wilson(10, 10)
    assert (none.low, none.high) == (pytest.approx(0, abs=1e-12), pytest.approx(0.2775, abs=1e-4))
    assert every.high == pytest.approx(1)


@pytest.mark.parametrize(("successes", "of"), [(0, 0), (3, 2), (-1, 2)])
def test_what_is_no_share_has_no_wilson_interval(successes: int, of: int):
    with pytest.raises(ValueError, match="no share"):
        wilson(successes, of)


def held(megabytes: int) -> float:
    taken = bytearray(megabytes * 1_000_000)
    return peak_megabytes() + len(taken) * 0


def test_a_fresh_process_has_a_peak_of_its_own():
    little, much = in_fresh_process(held, 0), in_fresh_process(held, 200)
    assert 150 < much - little < 300


def test_a_table_lines_its_columns_up():
    assert table(("a", "figure"), [("long name", 1), ("b", "20.5")]).splitlines() == [
        "| a         | figure |",
        "| --------- | -----: |",
        "| long name |      1 |",
        "| b         |   20.5 |",
    ]
