"""What words of a question suggest, read against one small shop."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.embedded.index import open_index
from servers.embedded.writer import open_writer
from servers.index import AnyOf, Between, Filter, Is
from servers.language.asked import attribute_filter
from servers.language.catalog_statistics import CatalogStatistics
from servers.language.concepts import Concepts
from servers.language.producttypes import TypeMiner
from servers.language.understanding import Term, Vocabularies, suggest, understand
from servers.records import Product, Quantity

MAKERS = ("HP", "Dell", "Orange", "Logitech")


def quantity(value: float, unit: str) -> tuple[Quantity]:
    return (Quantity(value=value, unit=unit),)


def _each(kind: str, attributes: dict[str, Any]) -> list[Product]:
    return [
        Product(
            id=f"{kind}-{maker}".replace(" ", "-"),
            title=f"{maker} M{at} {kind}",
            brand=maker,
            attributes=attributes,
        )
        for at, maker in enumerate(MAKERS)
    ]


SHOP = [
    *_each(
        "monitor",
        {
            "display diagonal": quantity(24, "in"),
            "hdmi": (True,),
            "height adjustment": (True,),
            "product colour": ("Black",),
            "weight": quantity(4, "kg"),
        },
    ),
    *_each(
        "notebook",
        {
            "display diagonal": quantity(15.6, "in"),
            "internal memory": quantity(16, "GB"),
            "total storage capacity": quantity(512, "GB"),
            "weight": quantity(1.4, "kg"),
        },
    ),
    *_each(
        "keyboard",
        {
            "device interface": ("USB",),
            "keyboard language": ("German",),
            "numeric keypad": (True,),
            "wireless": (False,),
            "product colour": ("Black", "Grey"),
        },
    ),
    *_each("networking cable", {"cable length": quantity(5, "m"), "cable shielding": ("S/FTP",)}),
    *_each(
        "train set",
        {
            "minimum age": quantity(6, "years"),
            "batteries required": (True,),
            "number of pieces": (40.0,),
        },
    ),
    *_each(
        "printer",
        {
            "print technology": ("Laser",),
            "duplex printing": (True,),
            "paper size": ("A3", "A4"),
            "noise level": quantity(49, "dB(A)"),
            "print speed": quantity(30, "ppm"),
        },
    ),
]


def vocabularies(products: list[Product]) -> Vocabularies:
    concepts, miner, statistics = Concepts.load(), TypeMiner(), CatalogStatistics()
    for product in products:
        miner.observe(product)
    types = miner.learn()
    for product in products:
        kind = types.type_of(product)
        statistics.observe(product, kind and kind.name, concepts.derive(product), concepts)
    return Vocabularies(statistics, types, concepts)


KNOWN = vocabularies(SHOP)


def filters(question: str) -> list[Filter]:
    return [found.filter for found in suggest(question, KNOWN)]


def on(name: str, value: Any) -> Filter:
    return attribute_filter(name, value)


# The kind of thing


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("a monitor for my desk", "monitor"),
        ("cheap laptops", "laptop"),
        ("a train set for a 6 year old", "train set"),
        ("something nice", None),
    ],
)
def test_the_kind_of_thing_is_named_as_it_was_asked_for(question: str, kind: str | None):
    assert understand(question, KNOWN).type == kind


def test_the_kind_of_thing_suggests_a_filter_under_the_name_that_stands_for_it():
    assert AnyOf("type", ("notebook",)) in filters("laptops")


def test_a_kind_of_thing_that_the_shop_does_not_have_suggests_nothing():
    assert filters("a wheelbarrow") == []


# Numbers


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("a 24 inch monitor", on("display size", "24 in")),
        ('monitor 24"', on("display size", "24 in")),
        ("laptop with 16 GB", on("memory", "16 GB")),
        ("laptop with 512GB storage", on("storage", "512 GB")),
        ("laptop under 1.5 kg", on("weight", "< 1.5 kg")),
        ("network cable of at least 5 m", on("cable length", ">= 5 m")),
        ("network cable up to 10 metres", on("cable length", "<= 10 m")),
        ("a monitor of 20 to 25 inch", on("display size", "20..25 in")),
        ("monitor with a display size of 24 inch", on("display size", "24 in")),
        ("laptop with memory of at least 16 GB", on("memory", ">= 16 GB")),
        ("laptop with 16 GB storage", on("storage", "16 GB")),
        ("laptop, weight at most 2 kg", on("weight", "<= 2 kg")),
        ("a printer below 50 dB", on("noise", "< 50 dB(A)")),
        ("monitor ≥24 in", on("display size", ">= 24 in")),
        ("a printer < 50 dB", on("noise", "< 50 dB(A)")),
        ("printer with at least 30 pages per minute", on("print speed", ">= 30 ppm")),
        ("a train set with at least 40 pieces", on("number of pieces", ">= 40")),
    ],
)
def test_a_number_goes_to_what_such_products_state_in_its_unit(question: str, wanted: Filter):
    assert wanted in filters(question)


@pytest.mark.parametrize(
    "question",
    [
        "a train set for a 6 year old",
        "train set age 6",
        "trains aged 6",
        "a train set for a 6 yr old",
        "train set for my 6yo",
        "train sets for 6-8 year olds",
    ],
)
def test_an_age_asks_for_what_is_sold_from_that_age_on(question: str):
    assert Between("attributes.minimum age", None, 6, "years") in filters(question)


def test_one_of_two_values_is_one_filter_that_either_meets():
    assert AnyOf("attributes.colour", ("black", "grey")) in [
        AnyOf(one.field, tuple(value.lower() for value in one.values))
        for one in filters("black or grey keyboard")
        if isinstance(one, AnyOf)
    ]


@pytest.mark.parametrize(
    ("question", "name", "amounts"),
    [
        ("a 24-inch or 27-inch monitor", "display size", ("24 in", "27 in")),
        ("a monitor of 22, 24 or 27 inch", "display size", ("22 in", "24 in", "27 in")),
        ("a laptop with 256 or 512 GB storage", "storage", ("256 GB", "512 GB")),
        ("a train set with 30 or 40 pieces", "number of pieces", ("30", "40")),
    ],
)
def test_one_of_several_amounts_is_one_filter_that_any_meets(
    question: str, name: str, amounts: tuple[str, ...]
):
    assert AnyOf(f"attributes.{name}", amounts) in filters(question)


def test_the_younger_of_two_ages_is_what_a_thing_must_suit():
    assert Between("attributes.minimum age", None, 5, "years") in filters(
        "a train set for a 5 or 6 year old"
    )


def test_one_of_two_kinds_of_thing_is_one_filter_but_two_words_for_one_kind_are_not():
    assert AnyOf("type", ("monitor", "notebook")) in filters("a monitor or laptop under 300")
    assert AnyOf("type", ("printer",)) in filters("a laser or inkjet printer")


def test_what_a_thing_does_without_is_not_the_kind_of_thing():
    assert not [one for one in filters("something without a keyboard") if one.field == "type"]


def test_a_thing_for_another_may_be_a_kind_with_a_name_of_its_own():
    chargers = vocabularies([*SHOP, *_each("power adapter", {}), *_each("charger", {})])
    assert AnyOf("type", ("power adapter",)) in [
        found.filter for found in suggest("a charger for my laptop", chargers)
    ]
    assert AnyOf("type", ("charger",)) in [
        found.filter for found in suggest("a charger for my phone", chargers)
    ]


def test_what_meets_one_of_two_flags_is_asked_for_once():
    asked = filters("a monitor with HDMI or height adjustment")
    assert [one for one in asked if isinstance(one, Is)] == [Is("attributes.hdmi", True)]


@pytest.mark.parametrize(
    "question", ["a printer, anything but HP", "a printer other than HP", "printer except HP"]
)
def test_a_brand_that_is_not_wanted_is_not_asked_for(question: str):
    assert not [one for one in filters(question) if one.field == "brand"]


def test_a_unit_that_no_such_product_states_suggests_nothing():
    assert not [one for one in filters("keyboard 500 GB") if isinstance(one, Between)]


def test_money_is_left_alone():
    for question in ("a monitor under 200", "a monitor under 200 pounds", "a monitor for £200"):
        assert not [one for one in filters(question) if isinstance(one, Between)]


def test_quantities_are_read_even_where_nothing_is_suggested():
    assert understand("keyboard 500 GB", KNOWN).quantities == (Quantity(value=500, unit="GB"),)


# Yes and no


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("a monitor with HDMI", Is("attributes.hdmi", True)),
        ("a height adjustable monitor", Is("attributes.height adjustment", True)),
        ("a USB keyboard", Is("attributes.usb", True)),
        ("a keyboard without number pad", Is("attributes.numeric keypad", False)),
        ("a keyboard, no numpad", Is("attributes.numeric keypad", False)),
        ("a printer with double-sided printing", Is("attributes.duplex", True)),
    ],
)
def test_what_a_product_has_or_has_not_is_read(question: str, wanted: Filter):
    assert wanted in filters(question)


def test_without_batteries_is_what_needs_none():
    assert Is("attributes.batteries required", False) in filters("a train set without batteries")


def test_who_asks_for_four_ports_takes_five():
    routers = vocabularies([*SHOP, *_each("router", {"ethernet lan (rj-45) ports": (4.0,)})])
    found = [one.filter for one in suggest("a router with 4 LAN ports", routers)]
    assert Between("attributes.ethernet ports", low=4) in found


def test_a_bag_may_hold_a_little_more_than_the_laptop_it_is_for():
    size = {"maximum screen size compatibility": quantity(17, "in")}
    bags = vocabularies([*SHOP, *_each("backpack", size)])
    found = [one.filter for one in suggest("a backpack for a 17 inch laptop", bags)]
    (held,) = [one for one in found if isinstance(one, Between)]
    assert held.low == 16.5
    assert held.high == pytest.approx(19)


def test_what_such_products_never_state_is_not_suggested():
    assert filters("a train set with bluetooth") == [AnyOf("type", ("train set",))]


# Values and brands


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("a German keyboard", AnyOf("attributes.keyboard language", ("German",))),
        ("a black monitor", AnyOf("attributes.colour", ("Black",))),
        ("a gray keyboard", AnyOf("attributes.colour", ("Grey",))),
        ("an A3 printer", AnyOf("attributes.paper size", ("A3",))),
        ("a laser printer", AnyOf("attributes.print technology", ("Laser",))),
        ("S/FTP network cable", AnyOf("attributes.cable shielding", ("S/FTP",))),
        ("a Logitech keyboard", AnyOf("brand", ("Logitech",))),
        ("an hp printer", AnyOf("brand", ("HP",))),
    ],
)
def test_values_and_brands_of_the_shop_are_found_in_its_spelling(question: str, wanted: Filter):
    assert wanted in filters(question)


def test_a_denied_value_is_not_asked_for():
    assert filters("a keyboard, not black") == [AnyOf("type", ("keyboard",))]


@pytest.mark.parametrize("question", ["a keyboard for an HP laptop", "keyboard for my HP"])
def test_an_article_does_not_make_it_the_brand_asked_for(question: str):
    assert not [one for one in filters(question) if one.field == "brand"]


def test_a_brand_that_the_thing_is_for_is_not_the_brand_asked_for():
    assert AnyOf("brand", ("HP",)) not in filters("a keyboard for HP")
    assert AnyOf("brand", ("HP",)) not in filters("a keyboard compatible with HP")


def test_the_words_that_name_the_type_suggest_nothing_else():
    for found in suggest("networking cable", KNOWN):
        assert found.filter == AnyOf("type", ("networking cable",))


def test_suggestions_stand_in_the_order_and_the_spelling_of_the_question():
    question = "A Wireless Logitech Keyboard with German layout"
    found = suggest(question, KNOWN)
    assert [one.words for one in found if one.words in question] == [one.words for one in found]
    places = [question.index(one.words) for one in found]
    assert places == sorted(places)
    assert len(found) >= 4


def test_each_word_is_used_once():
    found = suggest("a 24 inch HP monitor with HDMI at most 4 kg, black", KNOWN)
    used = [word for one in found for word in one.words.split()]
    assert len(used) == len(set(used))


# Terms


def test_words_have_their_synonyms_and_stop_words_are_gone():
    read = understand("please show me a wifi laptop", KNOWN)
    assert read.words == ("wifi", "laptop")
    assert [term.words for term in read.terms] == [("wifi",), ("laptop",)]
    assert ("wlan",) in read.terms[0].alternatives
    assert ("notebook",) in read.terms[1].alternatives


def test_a_word_that_was_written_apart_is_one_term():
    assert understand("note book", KNOWN).terms == (Term(("note", "book"), (("notebook",),)),)


def test_the_words_side_by_side_are_its_phrases():
    assert understand("quiet laser printer", KNOWN).phrases == (
        ("quiet", "laser"),
        ("laser", "printer"),
    )


def test_an_index_suggests_the_same(tmp_path: Path):
    writer = open_writer(tmp_path / "index")
    writer.add(SHOP)
    writer.commit()
    index = open_index(tmp_path / "index")
    for question in ("a 24 inch monitor with HDMI", "German USB keyboard", "", "   ", "zzz"):
        assert list(index.suggest(question)) == suggest(question, KNOWN)
    index.close()


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_read(text: str):
    understand(text, KNOWN)


_ASKED = (
    "a 24 inch monitor HP laptop without hdmi at least 5 m for 6 year old black no keyboard 16 GB"
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(_ASKED.split()), max_size=14).map(" ".join))
def test_whatever_is_suggested_can_be_asked_for_and_names_words_of_the_question(question: str):
    for found in suggest(question, KNOWN):
        assert set(found.words.split()) <= set(question.split())
        if isinstance(found.filter, AnyOf):
            assert found.filter.values
