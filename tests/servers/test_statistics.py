import json
from collections.abc import Iterable
from typing import Any

from servers.language.catalog_statistics import CatalogStatistics
from servers.language.concepts import Concepts
from servers.records import Product, Quantity

CONCEPTS = Concepts.load()


def product(title: str, brand: str | None = None, **attributes: Any) -> Product:
    named = {name.replace("_", " "): values for name, values in attributes.items()}
    return Product.model_validate({"id": "1", "title": title, "brand": brand, "attributes": named})


def counted(products: Iterable[tuple[Product, str | None]]) -> CatalogStatistics:
    statistics = CatalogStatistics()
    for one, kind in products:
        statistics.observe(one, kind, CONCEPTS.derive(one), CONCEPTS)
    return statistics


def inches(value: float) -> Quantity:
    return Quantity(value=value, unit="in")


SHOP = counted(
    [
        (product("HP M1 monitor", "HP", display_diagonal=inches(24), hdmi=True), "monitor"),
        (product("HP M2 monitor", "HP", screen_size=Quantity(value=61, unit="cm")), "monitor"),
        (product("Dell N1 laptop", "Dell", product_colour="Black, Grey", lid="glossy"), "laptop"),
        (product("Dell N2 notebook", "Dell", product_colour="black", hammer=True), "notebook"),
        (product("mystery box", None, paper_size="A3+, A4"), None),
    ]
)


def test_products_are_counted_by_kind_and_in_all():
    assert SHOP.products == {"": 5, "monitor": 2, "notebook": 2}
    assert SHOP.brands == {"HP": 2, "Dell": 2}


def test_what_stands_under_several_attributes_is_counted_under_its_concept():
    assert SHOP.names["monitor"]["display size"] == 2
    assert SHOP.names["monitor"]["display diagonal"] == 0
    assert SHOP.names[""]["colour"] == 2
    assert SHOP.names["notebook"]["lid"] == 1


def test_units_are_counted_as_they_are_stated_and_by_dimension():
    assert SHOP.dimensions["display size"] == {"length": 2}
    assert SHOP.units["display size"] == {"in": 1, "cm": 1}


def test_text_values_are_counted_under_their_words_for_all_and_for_their_kind():
    assert SHOP.values["black"] == {"colour": 2, "colour\tnotebook": 2}
    assert SHOP.values["glossy"] == {"lid": 1, "lid\tnotebook": 1}
    assert SHOP.values["a4"] == {"paper size": 1}


def test_yes_and_no_are_counted():
    assert SHOP.flags == {"hdmi": 1, "hammer": 1}


def test_a_value_keeps_a_spelling_of_the_catalog():
    assert SHOP.spellings["black"] in ("Black", "black")
    assert SHOP.spellings["glossy"] == "glossy"


def test_words_of_titles_are_counted_once_a_title():
    again = counted([(product("box in a box"), None), (product("boxes"), None)])
    assert again.words["box"] == 2


def test_long_texts_and_bare_numbers_are_no_values_to_choose():
    nothing = counted(
        [(product("x", note="a" * 41, code="12 34", poem="one two three four five"), None)]
    )
    assert not nothing.values


def test_values_of_four_words_and_forty_letters_are_still_kept():
    kept = counted([(product("x", note="a" * 40, poem="one two three four"), None)])
    assert set(kept.values) == {"a" * 40, "one two three four"}


def test_statistics_read_back_from_json_are_the_same():
    again = CatalogStatistics.from_json(json.loads(json.dumps(SHOP.to_json())))
    assert vars(again) == vars(SHOP)


def test_of_a_large_catalog_values_stated_once_are_not_kept():
    many = [(product(f"thing {at}", finish="matt"), None) for at in range(1_200)]
    kept = counted([*many, (product("odd", finish="sparkly"), None)]).to_json()
    assert "matt" in kept["values"]
    assert "sparkly" not in kept["values"]
    assert "sparkly" not in kept["spellings"]
    assert kept["products"] == {"": 1_201}
