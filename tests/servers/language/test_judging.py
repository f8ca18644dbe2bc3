"""Met, broken or not known: what a product states, against what was asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.index import AnyOf, BadQuery, Between, Cell, Filter, Is, Violation
from servers.language.asked import Asked, attribute_filter
from servers.language.concepts import Concepts
from servers.language.judging import Broken, Judgement, Met, Unknown, cells, judge, wording
from servers.language.producttypes import TypeMiner, TypeModel
from servers.records import Product, Quantity, Value, Values
from servers.sources.reading import read_all

CONCEPTS = Concepts.load()
Stated = Value | Values


def product(attributes: Mapping[str, Stated] | None = None, **fields: Any) -> Product:
    base = {"id": "1", "title": "a thing", "attributes": attributes or {}}
    return Product.model_validate(base | fields)


def judged(stated: Mapping[str, Stated], name: str, asked: Asked) -> Judgement:
    return judge(product(stated), attribute_filter(name, asked), CONCEPTS)


def violation(judgement: Judgement) -> Violation:
    assert isinstance(judgement, Broken)
    return judgement.violation


def inches(value: float) -> Quantity:
    return Quantity(value=value, unit="in")


def decibels(value: float) -> Quantity:
    return Quantity(value=value, unit="dB(A)")


# Fields of a product


@pytest.mark.parametrize(
    ("fields", "asked", "expected"),
    [
        ({"brand": "HP"}, AnyOf("brand", ("hp", "Dell")), Met("brand")),
        ({"category": ("Toys", "Trains")}, AnyOf("category", ("trains",)), Met("category")),
        ({"price": Decimal("59.99")}, Between("price", high=60), Met("price")),
        ({"price": Decimal("0")}, Between("price", 0, 10), Met("price")),
        ({"rating": 4.5}, Between("rating", low=4.5), Met("rating")),
        ({"in_stock": True}, Is("in_stock", True), Met("in_stock")),
        ({}, AnyOf("brand", ("HP",)), Unknown("brand not stated")),
        ({}, AnyOf("category", ("Trains",)), Unknown("category not stated")),
        ({}, Between("price", high=60), Unknown("price not stated")),
        ({}, Between("rating", low=4), Unknown("rating not stated")),
        ({}, Is("in_stock", True), Unknown("stock not stated")),
    ],
)
def test_a_field_meets_a_filter_or_is_not_stated(
    fields: dict[str, Any], asked: Filter, expected: Judgement
):
    assert judge(product(**fields), asked, CONCEPTS) == expected


@pytest.mark.parametrize(
    ("fields", "asked", "broken"),
    [
        (
            {"price": Decimal("63.99")},
            Between("price", high=60),
            Violation("price", "63.99", "at most 60", "3.99"),
        ),
        ({"rating": 3.0}, Between("rating", low=4), Violation("rating", "3", "at least 4", "1")),
        (
            {"price": Decimal("5")},
            Between("price", 10, 20),
            Violation("price", "5", "10 to 20", "5"),
        ),
        (
            {"brand": "HP"},
            AnyOf("brand", ("Dell", "Acer")),
            Violation("brand", "HP", "Dell or Acer"),
        ),
        ({"in_stock": False}, Is("in_stock", True), Violation("stock", "no", "yes")),
    ],
)
def test_a_broken_filter_says_what_is_stated_what_was_asked_and_by_how_much(
    fields: dict[str, Any], asked: Filter, broken: Violation
):
    assert violation(judge(product(**fields), asked, CONCEPTS)) == broken


def test_a_brand_is_compared_whole():
    assert violation(
        judge(product(brand="HP Enterprise"), AnyOf("brand", ("HP",)), CONCEPTS)
    ).stated == ("HP Enterprise")


def test_a_field_that_products_do_not_have_is_refused():
    with pytest.raises(BadQuery, match="'colour'"):
        judge(product(), AnyOf("colour", ("red",)), CONCEPTS)


# Yes and no


@pytest.mark.parametrize("value", [True, 2.0, "Yes", Quantity(value=130, unit="mm")])
def test_a_yes_or_a_number_above_nothing_is_a_yes(value: Value):
    assert judged({"hammer action": value}, "hammer action", True) == Met("hammer action")
    assert violation(judged({"hammer action": value}, "hammer action", False)).asked == "no"


@pytest.mark.parametrize("value", [False, 0.0, "no", "not supported"])
def test_a_no_or_nothing_is_a_no(value: Value):
    assert judged({"hammer action": value}, "hammer action", False) == Met("hammer action")
    assert violation(judged({"hammer action": value}, "hammer action", True)).asked == "yes"


def test_other_words_are_neither_yes_nor_no():
    answer = judged({"hammer action": "ask us"}, "hammer action", True)
    assert answer == Unknown("hammer action not stated as yes or no")


def test_of_several_values_one_yes_is_a_yes():
    both = {"height adjustment": (False, Quantity(value=130, unit="mm"))}
    assert isinstance(judged(both, "height adjustable", True), Met)
    assert isinstance(judged(both, "height adjustable", False), Broken)


def test_a_list_of_ports_without_hdmi_leaves_hdmi_open():
    assert judged({"connectivity": "VGA, DVI"}, "hdmi", True) == Unknown("hdmi not stated")
    assert judged({"connectivity": "VGA, HDMI"}, "hdmi", True) == Met("connectivity")


def test_free_text_states_nothing():
    described = product(description="Has HDMI and is 24 inch wide", title="HDMI monitor 24 inch")
    assert judge(described, attribute_filter("hdmi", True), CONCEPTS) == Unknown("hdmi not stated")
    asked = attribute_filter("display size", "24 in")
    assert judge(described, asked, CONCEPTS) == Unknown("display size not stated")


# Words


@pytest.mark.parametrize(
    ("stated", "asked"),
    [
        ("Black", "black"),
        (("A3", "A4"), "A4"),
        ("A3, A4", ["A5", "A4"]),
        ("Dark blue metallic", "blue"),
        ("Laser printing", "laser"),
        ("Colour: Grey", "gray"),
        ("QWERTZ German", "german"),
    ],
)
def test_any_value_that_says_it_meets_a_word(stated: Stated, asked: Asked):
    assert judged({"finish": stated}, "finish", asked) == Met("finish")


@pytest.mark.parametrize(
    ("stated", "asked"),
    [
        ("faux leather", "leather"),
        ("non-slip", "slip"),
        ("no wood", "wood"),
        ("sugar free", "sugar"),
        ("blueberry", "blue"),
        ("A30", "A3"),
    ],
)
def test_a_denied_word_or_a_part_of_one_breaks_it(stated: str, asked: str):
    assert violation(judged({"finish": stated}, "finish", asked)) == Violation(
        "finish", stated, asked
    )


def test_a_broken_word_shows_all_that_is_stated():
    broken = judged({"finish": ("red", "green")}, "finish", ["blue", "black"])
    assert violation(broken) == Violation("finish", "red, green", "blue or black")


def test_a_yes_does_not_say_which():
    assert judged({"layout": True}, "layout", "German") == Unknown("layout stated only as yes")


# Numbers


@pytest.mark.parametrize(
    ("stated", "asked"),
    [
        (Quantity(value=60.96, unit="cm"), "24 in"),
        (Quantity(value=609.6, unit="mm"), "<= 24 in"),
        (Quantity(value=2, unit="m"), ">= 200 cm"),
        (Quantity(value=1, unit="lb"), "0.45..0.46 kg"),
        (Quantity(value=6.3, unit="B(A)"), "63 dB(A)"),
        (Quantity(value=1, unit="TB"), ">= 500 GB"),
    ],
)
def test_units_are_compared_after_conversion(stated: Quantity, asked: str):
    assert judged({"extent": stated}, "extent", asked) == Met("extent")


@pytest.mark.parametrize(
    ("value", "asked", "met"),
    [
        (23.5, "24 in", True),
        (24.49, "24 in", True),
        (24.51, "24 in", False),
        (23.49, "24 in", False),
        (23.8, "23.8 in", True),
        (23.75, "23.8 in", True),
        (23.86, "23.8 in", False),
        (24.0, "23.8 in", False),
    ],
)
def test_a_figure_asked_for_means_what_rounds_to_it(value: float, asked: str, met: bool):
    answer = judged({"display diagonal": inches(value)}, "display diagonal", asked)
    assert isinstance(answer, Met if met else Broken)


@pytest.mark.parametrize("asked", [">= 24 in", "<= 24 in", "24..27 in"])
def test_at_least_and_at_most_hold_the_figure_itself(asked: str):
    assert isinstance(judged({"display diagonal": inches(24)}, "display size", asked), Met)


def test_a_conversion_s_rounding_breaks_no_bound():
    assert isinstance(
        judged({"extent": Quantity(value=0.3048, unit="m")}, "extent", "<= 1 ft"), Met
    )
    assert isinstance(
        judged({"extent": Quantity(value=0.3048, unit="m")}, "extent", ">= 1 ft"), Met
    )


@pytest.mark.parametrize("stated", ["24", "24 inch", "large", ("a", "b")])
def test_text_cannot_answer_a_numeric_filter(stated: Stated):
    for asked in (">= 10", ">= 10 in"):
        assert judged({"extent": stated}, "extent", asked) == Unknown(
            "extent not stated as a number"
        )


def test_a_number_without_a_unit_leaves_a_filter_with_one_open():
    assert judged({"extent": 24.0}, "extent", ">= 10 in") == Unknown(
        "extent unclear (24 without a unit)"
    )


def test_a_figure_of_another_dimension_leaves_a_filter_open():
    kilos = {"extent": Quantity(value=3, unit="kg")}
    assert judged(kilos, "extent", ">= 10 in") == Unknown("extent not stated as a number")


def test_a_number_asked_without_a_unit_is_compared_as_it_is_stated():
    assert judged({"extent": inches(24)}, "extent", 24) == Met("extent")
    assert judged({"ports quantity": 4.0}, "ports quantity", ">= 4") == Met("ports quantity")


def test_an_impossible_figure_is_unclear_and_not_the_quietest():
    loud = {"sound pressure level (printing)": 6.3}
    assert judged(loud, "noise", "<= 50 dB") == Unknown(
        "noise unclear (6.3 dB(A) is no possible figure)"
    )


def test_an_unclear_figure_does_not_hide_a_clear_one():
    both = {"sound pressure level (printing)": 6.3, "noise level": decibels(49)}
    assert judged(both, "noise", "<= 50 dB") == Met("noise level")


def test_of_several_numbers_any_may_meet_it_and_the_nearest_is_named_where_none_does():
    speeds = {"extent": (inches(10), inches(20), inches(40))}
    assert judged(speeds, "extent", "19..21 in") == Met("extent")
    assert violation(judged(speeds, "extent", "23..25 in")) == Violation(
        "extent", "20 in", "23 to 25 in", "3 in"
    )


def test_of_several_amounts_asked_for_any_will_do_and_what_lies_between_will_not():
    wanted = ["20 in", "24 in"]
    assert judged({"extent": inches(24)}, "extent", wanted) == Met("extent")
    assert judged({"extent": Quantity(value=508, unit="mm")}, "extent", wanted) == Met("extent")
    assert violation(judged({"extent": inches(23)}, "extent", wanted)) == Violation(
        "extent", "23 in", "20 in or 24 in", "1 in"
    )
    assert judged({"extent": "large"}, "extent", wanted) == Unknown("extent not stated as a number")


@pytest.mark.parametrize(
    ("stated", "asked", "broken"),
    [
        (inches(27), "24 in", Violation("extent", "27 in", "24 in", "3 in")),
        (inches(27), "<= 24 in", Violation("extent", "27 in", "at most 24 in", "3 in")),
        (
            Quantity(value=50, unit="cm"),
            ">= 1 m",
            Violation("extent", "50 cm", "at least 1 m", "0.5 m"),
        ),
        (decibels(56.8), "<= 50 dB", Violation("extent", "56.8 dB(A)", "at most 50 dB", "6.8 dB")),
        (3.0, ">= 4", Violation("extent", "3", "at least 4", "1")),
        (inches(24), "> 24 in", Violation("extent", "24 in", "more than 24 in")),
        (
            Quantity(value=609.6, unit="mm"),
            "< 24 in",
            Violation("extent", "609.6 mm", "less than 24 in"),
        ),
    ],
)
def test_a_missed_number_says_by_how_much_in_the_unit_asked_for(
    stated: Value, asked: str, broken: Violation
):
    assert violation(judged({"extent": stated}, "extent", asked)) == broken


def test_near_misses_are_ordered_by_the_share_by_which_they_miss():
    near, far = (
        judge(product(price=Decimal(price)), Between("price", high=60), CONCEPTS)
        for price in (63, 90)
    )
    assert isinstance(near, Broken)
    assert isinstance(far, Broken)
    assert near.distance == pytest.approx(0.05)
    assert far.distance == pytest.approx(0.5)


# Names


def test_an_attribute_and_its_concept_are_asked_for_alike():
    monitor = {"display diagonal": inches(24)}
    for name in ("display diagonal", "Display-Diagonal", "screen size", "display size"):
        assert judged(monitor, name, "24 in") == Met("display diagonal")


def test_an_attribute_of_that_very_name_decides_over_its_concept():
    printer = {"sound pressure level (copying)": decibels(60), "noise level": decibels(40)}
    assert isinstance(judged(printer, "sound pressure level (copying)", "<= 50 dB"), Broken)
    assert judged(printer, "noise", "<= 50 dB") == Met("noise level")


def test_what_one_attribute_leaves_open_another_may_answer():
    monitor = {"display": "IPS, matt", "display diagonal": inches(24)}
    assert judged(monitor, "display", "24 in") == Met("display diagonal")
    assert judged(monitor, "display", "ips") == Met("display")


def test_what_the_catalog_calls_nothing_of_that_name_is_not_stated():
    assert judged({}, "flux capacitor", True) == Unknown("flux capacitor not stated")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Is("attributes.x", True), "yes"),
        (AnyOf("attributes.x", ("A3", "A4")), "A3 or A4"),
        (Between("price", high=60), "at most 60"),
        (Between("price", 10, 60.5), "10 to 60.5"),
        (attribute_filter("x", "24 in"), "24 in"),
        (attribute_filter("x", "20..25 in"), "20 to 25 in"),
        (attribute_filter("x", 4), "4"),
        (attribute_filter("x", "> 2 m"), "more than 2 m"),
    ],
)
def test_what_was_asked_is_put_into_words(asked: Filter, said: str):
    assert wording(asked) == said


# Cells


def test_a_cell_holds_the_value_and_the_catalog_s_own_name_of_it():
    drill = product({"noise level": decibels(71), "colour": ("black", "red"), "hdmi": True})
    assert cells(drill, ["Noise-level", "attributes.colour", "hdmi", "wheels"], CONCEPTS) == (
        Cell("71 dB(A)", "noise level"),
        Cell("black, red", "colour"),
        Cell("yes", "hdmi"),
        None,
    )


def test_a_cell_shows_an_unclear_value_and_says_so():
    loud = product({"sound pressure level (printing)": 6.3})
    assert cells(loud, ["noise"], CONCEPTS) == (
        Cell("6.3 (unclear)", "sound pressure level (printing)"),
    )


# Any product, any filter

_NAMES = st.sampled_from(
    ["hdmi", "display diagonal", "noise level", "connectivity", "colour", "x", "weight", "height"]
)
_UNITS = st.sampled_from(["in", "cm", "dB(A)", "kg", "GB", "W", "years", "ppm"])
_NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
_VALUES = st.one_of(
    st.booleans(),
    _NUMBERS,
    st.builds(Quantity, value=_NUMBERS, unit=_UNITS),
    st.sampled_from(["yes", "no", "24 in", "HDMI, VGA", "optional HDMI", "black", "n/a"]),
    st.text(max_size=12),
)
_PRODUCTS = st.dictionaries(
    _NAMES, st.lists(_VALUES, min_size=1, max_size=3).map(tuple), max_size=4
).map(product)
_FIELDS = _NAMES.map("attributes.{}".format)
_FILTERS = st.one_of(
    st.builds(Is, _FIELDS, st.booleans()),
    st.builds(AnyOf, _FIELDS, st.lists(st.text(max_size=6), min_size=1, max_size=3).map(tuple)),
    st.tuples(_FIELDS, _NUMBERS, st.none() | _UNITS).map(
        lambda three: Between(three[0], three[1], three[1] + 10, three[2])
    ),
    st.tuples(_FIELDS, _NUMBERS, st.none() | _UNITS).map(
        lambda three: Between(three[0], None, three[1], three[2])
    ),
)


@settings(deadline=None)
@given(_PRODUCTS, _FILTERS)
def test_every_product_is_judged_and_a_break_says_what_was_asked(stated: Product, asked: Filter):
    answer = judge(stated, asked, CONCEPTS)
    if isinstance(answer, Broken):
        assert answer.distance > 0
        assert answer.violation.asked == wording(asked)
    elif isinstance(answer, Met):
        assert answer.attribute in stated.attributes


@settings(deadline=None)
@given(_PRODUCTS, _FIELDS)
def test_nothing_is_both_yes_and_no(stated: Product, field: str):
    yes, no = (judge(stated, Is(field, wanted), CONCEPTS) for wanted in (True, False))
    assert not (isinstance(yes, Met) and isinstance(no, Met))
    assert isinstance(yes, Unknown) == isinstance(no, Unknown)


@settings(deadline=None)
@given(_PRODUCTS, _FIELDS)
def test_what_states_nothing_is_never_met_or_broken(stated: Product, field: str):
    silent = stated.model_copy(update={"attributes": {}})
    assert isinstance(judge(silent, Is(field, True), CONCEPTS), Unknown)


# Questions on real catalogs whose answers were worked out by hand


@dataclass(frozen=True)
class Catalog:
    products: Mapping[str, Product]
    types: TypeModel

    def is_a(self, product_id: str, kind: str) -> bool:
        found = self.types.type_of(self.products[product_id])
        return found is not None and self.types.is_a(found.name, kind) is True

    def outcome(self, product_id: str, filters: Sequence[Filter]) -> type[Judgement]:
        """Met: every filter is; Broken: one is; Unknown: none is, but one is left open."""
        said = {type(judge(self.products[product_id], one, CONCEPTS)) for one in filters}
        return next(each for each in (Broken, Unknown, Met) if each in said)

    def that_meet(self, filters: Sequence[Filter]) -> set[str]:
        return {
            name
            for name, one in self.products.items()
            if all(isinstance(judge(one, asked, CONCEPTS), Met) for asked in filters)
        }


def _read(data: Path, pattern: str, mapping: str) -> Catalog:
    products = [
        record
        for record in read_all(sorted(data.glob(pattern)), mapping=mapping)
        if isinstance(record, Product)
    ]
    miner = TypeMiner()
    for one in products:
        miner.observe(one)
    return Catalog({one.id: one for one in products}, miner.learn())


@pytest.fixture(scope="module")
def icecat(test_data: Path) -> Catalog:
    return _read(test_data, "icecat/products-*.json.gz", "icecat")


def _question(data: Path, number: int) -> dict[str, Any]:
    return json.loads((data / "gold.json").read_text(encoding="utf-8"))["questions"][number]


@pytest.mark.parametrize(
    ("number", "kind", "filters"),
    [
        (
            1,
            "monitor",
            [
                attribute_filter("display size", "24 in"),
                attribute_filter("hdmi", True),
                attribute_filter("height adjustment", True),
            ],
        ),
        (
            2,
            "printer",
            [
                attribute_filter("print technology", "laser"),
                attribute_filter("paper size", "A3"),
                attribute_filter("colour printing", True),
                attribute_filter("duplex", True),
                Between("price", high=1500),
            ],
        ),
        (
            3,
            "keyboard",
            [
                attribute_filter("keyboard language", "German"),
                attribute_filter("usb", True),
                Between("price", high=80),
            ],
        ),
    ],
)
def test_of_all_products_those_found_by_hand_meet_a_question_and_no_others(
    icecat: Catalog, test_data: Path, number: int, kind: str, filters: list[Filter]
):
    question = _question(test_data, number)
    met = {one for one in icecat.that_meet(filters) if icecat.is_a(one, kind)}
    assert met - set(question.get("either", ())) == set(question["acceptable"])
    for one in question.get("unverified", ()):
        assert icecat.outcome(one, filters) is Unknown
        assert icecat.is_a(one, kind)
    for one in question["must_not"]:
        assert icecat.outcome(one, filters) is not Met


def test_no_train_set_in_the_toy_shop_is_cheap_enough_and_the_nearest_miss_by_what_was_found(
    test_data: Path,
):
    toys = _read(test_data, "toys/products.csv", "toys")
    price = Between("price", high=60)
    filters = [attribute_filter("minimum age", "<= 6 years"), price]
    assert not [one for one in toys.that_meet(filters) if toys.is_a(one, "train set")]
    for one, why in _question(test_data, 0)["near_misses"].items():
        assert toys.is_a(one, "train set")
        assert f"over by £{violation(judge(toys.products[one], price, CONCEPTS)).by}" in why
