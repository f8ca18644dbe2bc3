"""What kind of thing a product is, learned from small catalogs made by hand."""

import json
import pickle
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.language.producttypes import ProductType, TypeMiner, TypeModel
from servers.language.words import analyze
from servers.records import Product


def product(title: str, brand: str | None = None, **fields: Any) -> Product:
    return Product.model_validate({"id": "1", "title": title, "brand": brand} | fields)


def learned(products: Iterable[Product]) -> TypeModel:
    miner = TypeMiner()
    for one in products:
        miner.observe(one)
    return miner.learn()


def made_by(title: str, *brands: str, **fields: Any) -> list[Product]:
    return [product(f"{brand} {title}", brand, **fields) for brand in brands]


MAKERS = ("HP", "Dell", "Acer", "Canon")
MONITOR = {"display diagonal": 24.0, "vga port": 1.0, "panel": "TN", "refresh rate": 60.0}
ELECTRONICS: Sequence[Product] = [
    *made_by("X1 notebook 35 cm", *MAKERS),
    *made_by("L200 monitor 61 cm", *MAKERS, attributes=MONITOR),
    *made_by("L300 monitor 55 cm", *MAKERS, attributes=MONITOR),
    *made_by("P10 laser printer 600 dpi", *MAKERS),
    *made_by("P20 inkjet printer 600 dpi", *MAKERS),
    *made_by("P30 multifunctional 600 dpi", *MAKERS),
    *made_by("Docking Station", *MAKERS),
    *made_by("N1 notebook case 35 cm", *MAKERS),
    *made_by("C5 cable 5 m", *MAKERS),
]
SHOP = learned(ELECTRONICS)


def named(model: TypeModel, title: str, brand: str | None = None, **fields: Any) -> str | None:
    found = model.type_of(product(title, brand, **fields))
    return None if found is None else found.name


# Where the type stands


def test_a_case_in_the_form_of_a_backpack_is_both():
    case = {"case type": "Backpack case"}
    assert (found := named(SHOP, "HP N7 notebook case 43 cm", "HP", attributes=case))
    assert SHOP.is_a(found, "backpack")
    assert SHOP.is_a(found, "laptop bag")
    plain = named(SHOP, "HP N7 notebook case 43 cm", "HP", attributes={"case type": "Shell case"})
    assert plain == "notebook case"


def test_another_name_of_a_type_is_known_though_it_is_written_once():
    games = [*made_by("Classic Chess Set", *MAKERS), *made_by("Card Game", *MAKERS)]
    model = learned([*games, product("Canon Rocket Chess Game", "Canon")])
    found = named(model, "Canon Rocket Chess Game", "Canon")
    assert found is not None
    assert model.is_a(found, "chess set")


def test_a_cable_is_of_the_kind_of_its_ends_and_one_between_two_kinds_is_of_neither():
    cables = learned([*ELECTRONICS, *made_by("C7 HDMI cable 2 m", *MAKERS)])
    assert named(cables, "Philips SWV2434W HDMI cable", "Philips") == "hdmi cable"
    assert named(cables, "Philips SWV7 HDMI to DVI-D cable 5 m", "Philips") == "cable"


def test_the_words_in_small_letters_behind_a_model_name_the_type():
    assert SHOP.type_of(product("Epson P99 laser printer 1200 dpi", "Epson")) == ProductType(
        "laser printer", "title"
    )


def test_the_head_of_the_noun_phrase_is_the_thing():
    assert named(SHOP, "Lenovo N7 notebook case 40 cm", "Lenovo") == "notebook case"
    assert named(SHOP, "Notebook Docking Station for HP") == "docking station"


@pytest.mark.parametrize(
    "title",
    ["HP Notebook QuickDock", "Stand for notebook", "Charger compatible with notebook"],
)
def test_what_is_for_a_notebook_is_no_notebook(title: str):
    found = named(SHOP, title, "HP")
    assert found is None or SHOP.is_a(found, "notebook") is not True


def test_the_last_level_of_the_category_names_the_type():
    toys = learned(
        product(f"Model {number}", category=("Toys", "Jigsaw Puzzles")) for number in range(5)
    )
    assert toys.type_of(product("Castle", category=("Toys", "Jigsaw Puzzles"))) == ProductType(
        "jigsaw puzzle", "category"
    )


def test_the_title_says_more_than_its_category():
    trains = ("Trains",)
    firsts = ("Express", "Night", "Coal", "Santa's")
    titles = [f"{first} {kind}" for kind in ("Train Set", "Wagon") for first in firsts]
    toys = learned(
        product(title, MAKERS[at % 4], category=trains) for at, title in enumerate(titles)
    )
    assert named(toys, "Santa's Train Set", category=trains) == "train set"
    assert named(toys, "Coal Wagon", category=trains) == "wagon"


def test_of_two_kinds_in_a_category_the_title_s_one_counts():
    kites = [
        product(f"Sports Kite {number}", category=("Kites & Flight Toys",)) for number in range(4)
    ]
    assert named(learned(kites), "Rainbow Kite", category=("Kites & Flight Toys",)) == "kite"


def test_an_attribute_that_states_the_type_decides():
    stated = {"product type": "Processor"}
    catalog = [
        *ELECTRONICS,
        product("Xeon E5", attributes=stated),
        product("i7", attributes=stated),
    ]
    assert learned(catalog).type_of(product("Celeron T1", attributes=stated)) == ProductType(
        "processor", "attribute"
    )


def test_a_product_without_a_name_is_what_like_products_are():
    found = SHOP.type_of(product("Dell P2421D 60.5 cm LCD", "Dell", attributes=MONITOR))
    assert found == ProductType("monitor", "inferred")


def test_a_product_unlike_all_others_has_no_type():
    assert SHOP.type_of(product("Zq-9000", attributes={"flux": 3.0})) is None


def test_an_empty_catalog_has_no_types():
    nothing = learned([])
    assert nothing.types == {}
    assert nothing.type_of(ELECTRONICS[0]) is None


@pytest.mark.parametrize("word", ["accessory", "set", "black", "original", "x1", "600", "dpi"])
def test_words_that_say_too_little_are_no_types(word: str):
    assert word not in SHOP.types


def test_types_are_counted():
    assert SHOP.types["monitor"] == 8
    assert SHOP.types["laser printer"] == 4


# What is what


@pytest.mark.parametrize(
    ("kind", "asked", "said"),
    [
        ("notebook", "laptop", True),
        ("laptop", "notebook", True),
        ("notebook", "notebooks", True),
        ("laser printer", "printer", True),
        ("multifunctional", "printer", True),
        ("chromebook", "laptop", True),
        ("notebook case", "notebook", False),
        ("monitor", "printer", False),
        ("docking station", "notebook", False),
        ("to dvi cable", "cable", True),
        ("to dvi cable", "dvi cable", False),
    ],
)
def test_a_thing_is_what_its_name_ends_in_and_what_means_the_same(
    kind: str, asked: str, said: bool
):
    assert SHOP.is_a(kind, asked) is said


def test_a_printer_may_or_may_not_be_a_laser_printer():
    assert SHOP.is_a("printer", "laser printer") is None


def test_what_a_thing_is_does_not_change_when_asked_again():
    assert [SHOP.is_a("laser printer", "printer") for _ in range(3)] == [True] * 3


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("a quiet laser printer under 200", "laser printer"),
        ("monitor for a notebook", "monitor"),
        ("I am looking for laptops with 16 gb", "laptop"),
        ("notebook case with a strap", "notebook case"),
        ("something nice", None),
        ("", None),
    ],
)
def test_the_first_noun_phrase_of_a_question_names_the_type(question: str, found: str | None):
    asked = tuple(analyze(question))
    span = SHOP.find(asked)
    assert (" ".join(asked[slice(*span)]) if span else None) == found


def test_a_type_of_the_catalog_is_known():
    assert SHOP.knows("Laser Printers")
    assert not SHOP.knows("flying carpet")


# Kept and bounded


def test_a_model_read_back_from_json_says_the_same():
    again = TypeModel.from_json(json.loads(json.dumps(SHOP.to_json())))
    assert [again.type_of(one) for one in ELECTRONICS] == [SHOP.type_of(one) for one in ELECTRONICS]
    assert again.types == SHOP.types
    assert again.is_a("laptop", "notebook")


def test_the_same_catalog_teaches_the_same_types():
    assert learned(ELECTRONICS).to_json() == SHOP.to_json()


_WORDS = st.lists(
    st.sampled_from(
        "notebook laser printer HP X1 24 cm for with black case - , monitor set".split()
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None)
@given(_WORDS.map(" ".join))
def test_every_title_has_a_type_of_the_catalog_or_none(title: str):
    found = SHOP.type_of(product(title))
    assert found is None or SHOP.knows(found.name)


def test_of_a_large_catalog_a_sample_is_kept_and_the_counts_stand_for_all():
    miner = TypeMiner()
    kinds = [product(f"{maker} {kind}", maker) for maker in MAKERS for kind in ("lamp", "vase")]
    for number in range(24_000):
        miner.observe(kinds[number % len(kinds)])
    kept = len(pickle.dumps(miner))
    for number in range(4_000):
        miner.observe(kinds[number % len(kinds)])
    assert len(pickle.dumps(miner)) <= 1.01 * kept
    types = miner.learn().types
    assert sum(types.values()) == pytest.approx(28_000, abs=2)
    assert types["lamp"] == pytest.approx(14_000, rel=0.05)
