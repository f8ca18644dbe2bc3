"""The shipped mappings on the real files; what is expected is counted here from the raw files."""

import csv
import gzip
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from servers.records import AnyRecord, Page, Product, Quantity, Review
from servers.sources.reading import read_all
from servers.sources.rejects import Counts

Q = Quantity


def read(path: Path, mapping: str | None) -> tuple[dict[str, Any], Counts]:
    counts = Counts()
    records: list[AnyRecord] = list(read_all([path], mapping=mapping, counts=counts))
    return {record.id: record for record in records}, counts


@pytest.fixture(scope="module")
def icecat(test_data: Path) -> tuple[dict[str, Product], Counts]:
    return read(test_data / "icecat", "icecat")


@pytest.fixture(scope="module")
def raw_icecat(test_data: Path) -> list[dict[str, Any]]:
    files = sorted((test_data / "icecat").glob("products-*.json.gz"))
    return [row for file in files for row in json.loads(gzip.decompress(file.read_bytes()))]


def test_icecat_is_read_whole(
    icecat: tuple[dict[str, Product], Counts], raw_icecat: list[dict[str, Any]]
) -> None:
    products, counts = icecat
    assert counts.read["product"] == len(products) == len(raw_icecat) == 19_406
    assert counts.duplicates == 0
    assert dict(counts.unclear) == {"gtin": 1}
    assert [Path(reject.file).name for reject in counts.examples if reject.line is None] == [
        "ratings.csv"
    ]
    for row in raw_icecat:
        product = products[row["id"]]
        assert product.price == Decimal(row["price"]) / 100
        assert (product.currency, product.url, product.as_of) == (None, None, None)
        assert product.title == " ".join(row["title"].replace(r"\n", " ").split())


def test_every_icecat_number_keeps_its_value(
    icecat: tuple[dict[str, Product], Counts], raw_icecat: list[dict[str, Any]]
) -> None:
    numbers = 0
    for row in raw_icecat:
        kept = icecat[0][row["id"]].attributes.values()
        values = [value.value if isinstance(value, Quantity) else value
                  for several in kept for value in several]  # fmt: skip
        for column, value in row.items():
            if column.startswith("attr_n_") and column != "attr_n_last_change":
                numbers += 1
                assert value in values
    assert numbers == 151_562 - sum("attr_n_last_change" in row for row in raw_icecat)


def test_icecat_values_carry_the_units_that_their_descriptions_state(
    icecat: tuple[dict[str, Product], Counts],
) -> None:
    products = icecat[0]
    monitor = products["1697306"].attributes
    assert monitor["display diagonal"] == (Q(value=24.0, unit="in"),)
    assert monitor["height adjustment"] == (Q(value=100, unit="mm"),)
    assert products["663296"].attributes["height adjustment"] == (True, Q(value=100, unit="mm"))
    colour_laser = products["1198912"].attributes
    assert colour_laser["acoustic pressure emissions bystander (active) print (copy or scan)"] == (
        Q(value=49, unit="dB(A)"),
    )
    assert products["909937"].attributes["sound pressure level (printing)"] == (
        Q(value=55, unit="dB"),
    )
    assert products["4603321"].attributes["acoustic pressure emissions"] == (
        Q(value=56.8, unit="dB(A)"),
    )
    assert products["3716793"].attributes["sound pressure level (printing)"] == (6.3,)


def test_toys_are_read_whole(test_data: Path) -> None:
    with (test_data / "toys" / "products.csv").open(encoding="utf-8", newline="") as stream:
        raw = list(csv.DictReader(stream))
    products, counts = read(test_data / "toys" / "products.csv", "toys")
    assert counts.read["product"] == len(products) == len(raw) == 863
    assert (counts.rejected, dict(counts.unclear)) == (0, {})
    priced = [row for row in raw if row["price"]]
    assert sum(product.price is not None for product in products.values()) == len(priced) == 718
    assert {product.currency for product in products.values()} == {"GBP", None}
    for row in raw:
        product = products[row["product_id"]]
        assert product.price == (Decimal(row["price"].lstrip("£")) if row["price"] else None)
        assert product.in_stock == (True if row["number_available_in_stock"] else None)
        age = re.search(
            r"Manufacturer recommended age:(\d+) years and up", row["product_information"]
        )
        if age:
            years = (Q(value=float(age[1]), unit="years"),)
            assert product.attributes["minimum age"][:1] == years


def test_a_train_set_has_exactly_these_fields(test_data: Path) -> None:
    product = read(test_data / "toys" / "products.csv", "toys")[0][
        "87bbb472ef9d90dcef140a551665c929"
    ]
    assert product.model_dump(exclude={"description", "attributes"}, exclude_defaults=True) == {
        "id": "87bbb472ef9d90dcef140a551665c929",
        "title": "Hornby Santa's Express Train Set",
        "brand": "Hornby",
        "category": ("Hobbies", "Model Trains & Railway Sets", "Rail Vehicles", "Trains"),
        "price": Decimal("69.93"),
        "currency": "GBP",
        "rating": 4.3,
        "review_count": 36,
        "in_stock": True,
    }
    assert product.attributes == {
        "item weight": (Q(value=1.2, unit="kg"),),
        "product dimensions": ("40 x 29.8 x 8 cm",),
        "manufacturer recommended age": ("8 years and up",),
        "minimum age": (Q(value=8, unit="years"),),
        "item model number": ("R1179",),
        "main language(s)": ("English",),
        "assembly required": (True,),
        "scale": ("1:72",),
        "engine type": ("electric",),
        "track width/gauge": ("OO",),
        "batteries required": (False,),
        "batteries included": (False,),
        "remote control included": (False,),
        "radio control suitability": ("indoor",),
    }


def test_the_toys_reviews_are_read_whole(test_data: Path) -> None:
    path = test_data / "toys" / "reviews.jsonl"
    raw = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    reviews, counts = read(path, "toys-reviews")
    assert counts.read["review"] == len(reviews) == len(raw) == 1356
    assert (counts.rejected, dict(counts.unclear), counts.duplicates) == (0, {}, 0)
    first = next(iter(reviews.values()))
    assert first == Review(
        id=first.id, product_id="03756123c54f2857ac841e94b9679189", title="Five Stars", rating=5,
        posted=date(2014, 12, 27), text="just what my husband required for his train set layout",
    )  # fmt: skip
    assert {review.product_id for review in reviews.values()} == {row["product_id"] for row in raw}


def test_webshop_prices_are_stated_only_where_they_are_known(test_data: Path) -> None:
    packed = (test_data / "webshop" / "products.jsonl.gz").read_bytes()
    raw = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    products, counts = read(test_data / "webshop" / "products.jsonl.gz", "webshop")
    titled = [row for row in raw if row["Title"].strip()]
    assert counts.read["product"] == len(products) == len(titled) == 999
    assert counts.rejected == 1
    ranges = [row for row in raw if " to " in row["Price"]]
    assert dict(counts.unclear) == {"price": len(ranges)} == {"price": 93}
    for row in titled:
        price = products[row["asin"]].price
        single = " to " not in row["Price"] and row["pricing"] != [100.0]
        assert price == (Decimal(str(row["pricing"][0])) if single else None)
    table = products["B06Y3VLDFB"]
    assert (table.price, table.currency) == (Decimal("877.8"), "USD")
    assert table.category[-1] == "Sofa & Console Tables"
    assert table.attributes["material"] == ("SOLID WOOD",)


def test_the_web_pages_are_read_whole_and_show_no_notation(test_data: Path) -> None:
    pages, counts = read(test_data / "web_pages", None)
    files = list((test_data / "web_pages").rglob("*.md"))
    assert counts.read["page"] == len(pages) == len(files) == 123
    assert counts.rejected == 0
    vpn: Page = pages["web_pages/docs/vpn.md"]
    assert (vpn.title, vpn.site, vpn.url) == ("VPN Services", "web_pages", None)
    assert "| Proton | 127+ | yes |" in vpn.text
    for page in pages.values():
        prose = re.sub(r"```.*?```|`[^`\n]+`", "", page.text, flags=re.DOTALL)
        assert not re.search(r"\{ ?\.|:material-|<div|!\[|^!!!", prose, re.MULTILINE), page.id
