"""Facets of attributes, counted by the engine."""

from collections.abc import Mapping
from pathlib import Path

from servers.embedded.index import open_index
from servers.embedded.writer import open_writer
from servers.index import AttributeFacet, FacetValue, Query
from servers.records import Product, Quantity, Values


def facets_of(folder: Path, *products: Mapping[str, Values]) -> dict[str, AttributeFacet]:
    writer = open_writer(folder)
    writer.add(
        Product(id=f"p{at}", title="lamp", attributes=dict(stated))
        for at, stated in enumerate(products)
    )
    writer.commit()
    found = open_index(folder).search(Query("product", "lamp", facets=True))
    return {facet.name: facet for facet in found.facets.attributes}


def test_who_spells_an_attribute_twice_is_counted_once(tmp_path: Path) -> None:
    facets = facets_of(
        tmp_path,
        {"cable length": (Quantity(value=2, unit="m"),), "Cable-Length": ("2 metres", "long")},
        {"cable length": ("long",)},
    )
    assert facets == {
        "cable length": AttributeFacet(
            "cable length", 2, (FacetValue("long", 2), FacetValue("2 metres", 1)), 2, 2, "m"
        )
    }


def test_the_span_of_numbers_is_of_the_dimension_and_unit_that_most_have(tmp_path: Path) -> None:
    inches = [{"size": (Quantity(value=value, unit="in"),)} for value in (24.0, 27.0, 27.0)]
    others: list[Mapping[str, Values]] = [
        {"size": (Quantity(value=25.4, unit="cm"),)},
        {"size": (Quantity(value=900, unit="g"), 7.0, True)},
    ]
    size = facets_of(tmp_path, *inches, *others)["size"]
    assert (size.stated, size.low, size.high, size.unit) == (5, 10, 27, "in")
    assert size.values == (FacetValue("yes", 1),)


def test_more_values_than_the_engine_gives_at_once_are_counted(tmp_path: Path) -> None:
    names = [f"code {letter}" for letter in "abcdefghijkl"]
    products = [
        {**{name: (f"{name} {at}",) for name in names}, "code a": ("alike",)} for at in range(5_600)
    ]
    facets = facets_of(tmp_path, *products)
    assert set(facets) == set(names)
    assert facets["code a"].values == (FacetValue("alike", 5_600),)
    assert facets["code b"].stated == 5_600


def test_numbers_of_many_digits_keep_fifteen(tmp_path: Path) -> None:
    stated = (0.1 + 0.2, 0.23887090000050626)
    weight = facets_of(tmp_path, *({"weight": (number,)} for number in stated))["weight"]
    assert (weight.stated, weight.low, weight.high) == (2, 0.238870900000506, 0.3)
