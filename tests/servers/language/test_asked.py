import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.index import AnyOf, BadQuery, Between, Filter, Is
from servers.language.asked import as_parameter, attribute_filter

FIELD = "attributes.x"
UNITS = st.sampled_from(["in", "mm", "dB(A)", "kg", "GB", "°", "ppm", "h"])
NUMBERS = st.integers(0, 10**6).map(lambda whole: whole / 100)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (True, Is(FIELD, True)),
        ("no", Is(FIELD, False)),
        (31, Between(FIELD, 31, 31)),
        ("31", Between(FIELD, 31, 31)),
        (">= 2 m", Between(FIELD, low=2, unit="m")),
        ("at most 50 dB", Between(FIELD, high=50, unit="dB")),
        ("<=5", Between(FIELD, high=5)),
        ("20..25 in", Between(FIELD, 20, 25, "in")),
        ("20 - 25 inches", Between(FIELD, 20, 25, "in")),
        ('3/4"', Between(FIELD, 0.75, 0.75, "in")),
        ("A3", AnyOf(FIELD, ("A3",))),
        (["A3", "A4"], AnyOf(FIELD, ("A3", "A4"))),
        (["24 in", "27 in"], AnyOf(FIELD, ("24 in", "27 in"))),
        ("2-in-1", AnyOf(FIELD, ("2-in-1",))),
        ("USB 3.0", AnyOf(FIELD, ("USB 3.0",))),
        ("under desk", AnyOf(FIELD, ("under desk",))),
    ],
)
def test_every_form_is_read(written: object, read: Filter):
    assert attribute_filter("x", written) == read  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "low", "high"), [("24 in", 23.5, 24.5), ("23.8 in", 23.75, 23.85)]
)
def test_a_quantity_means_what_rounds_to_it(written: str, low: float, high: float):
    read = attribute_filter("x", written)
    assert isinstance(read, Between)
    assert read.low == low
    assert read.high is not None
    assert read.high < high
    assert read.high == pytest.approx(high)


@pytest.mark.parametrize(
    "written", ["", "  ", [], ">= heavy", "25..20 in", ["24 in", ">= 27 in"], float("inf")]
)
def test_what_has_no_form_is_refused_with_the_attribute_named(written: object):
    with pytest.raises(BadQuery, match="'x'"):
        attribute_filter("x", written)  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["> 24 in", "< 24 in", "> 0.1", "< 500000 pages", ">= 24 in"])
def test_a_bound_is_written_back_as_it_was_asked(written: str):
    assert as_parameter(attribute_filter("x", written))[1] == written


@given(
    st.one_of(
        st.booleans().map(lambda value: Is(FIELD, value)),
        st.tuples(NUMBERS, st.none() | UNITS).map(
            lambda pair: Between(FIELD, low=pair[0], unit=pair[1])
        ),
        st.tuples(NUMBERS, NUMBERS, st.none() | UNITS).map(
            lambda three: Between(FIELD, min(three[:2]), max(three[:2]) + 7, three[2])
        ),
        st.tuples(st.integers(1, 9999), UNITS).map(
            lambda pair: attribute_filter("x", f"{pair[0]} {pair[1]}")
        ),
        st.sampled_from(["A3", "Black", "USB-C"]).map(lambda word: AnyOf(FIELD, (word,))),
    )
)
def test_a_suggested_filter_can_be_passed_back_as_it_is(suggested: Filter):
    name, value = as_parameter(suggested)
    assert attribute_filter(name, value) == suggested
