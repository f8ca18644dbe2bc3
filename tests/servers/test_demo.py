"""The demo shop: reproducible, consistent, and true to its hidden truth."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from servers.demo import Shop, build_shop, write_shop
from servers.records import Product, Quantity
from servers.units import canonical_unit

ROOT = Path(__file__).parents[2]
DIGEST = """
import hashlib
from servers.demo import build_shop
shop = build_shop(7)
digest = hashlib.sha256()
for record in (*shop.products, *shop.reviews, *shop.pages):
    digest.update(record.model_dump_json().encode())
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def shop() -> Shop:
    return build_shop(7)


def digest_of(shop: Shop) -> str:
    digest = hashlib.sha256()
    for record in (*shop.products, *shop.reviews, *shop.pages):
        digest.update(record.model_dump_json().encode())
    return digest.hexdigest()


def is_device(shop: Shop, product: Product) -> bool:
    return "specs" in shop.truth["products"][product.id]


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_the_same_seed_gives_the_same_shop_in_every_process(shop: Shop, hash_seed: str):
    done = subprocess.run(
        [sys.executable, "-c", DIGEST],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest_of(shop)


def test_another_seed_gives_another_shop(shop: Shop):
    other = build_shop(8)
    assert digest_of(other) != digest_of(shop)
    assert len(other.reviews) == len(shop.reviews)


def test_the_shop_has_the_size_it_promises(shop: Shop):
    assert len(shop.reviews) == 20_000
    assert len(shop.pages) == 120
    assert len({review.author for review in shop.reviews}) == 4_000


def test_ids_are_unique_and_reviews_belong_to_products(shop: Shop):
    for records in (shop.products, shop.reviews, shop.pages):
        ids = [record.id for record in records]
        assert len(set(ids)) == len(ids)
    known = {product.id for product in shop.products}
    assert {review.product_id for review in shop.reviews} <= known
    assert set(shop.truth["products"]) == known
    assert set(shop.truth["reviews"]) == {review.id for review in shop.reviews}
    assert set(shop.truth["pages"]) == {page.id for page in shop.pages}


def test_a_products_rating_is_the_mean_of_its_reviews(shop: Shop):
    ratings: dict[str, list[float]] = defaultdict(list)
    for review in shop.reviews:
        assert review.rating is not None
        ratings[review.product_id].append(review.rating)
    for product in shop.products:
        own = ratings[product.id]
        assert product.review_count == len(own)
        assert product.rating == (round(sum(own) / len(own), 2) if own else None)


def test_every_unit_is_one_that_filters_understand(shop: Shop):
    units = {
        value.unit
        for product in shop.products
        for values in product.attributes.values()
        for value in values
        if isinstance(value, Quantity)
    }
    assert {unit: canonical_unit(unit) for unit in units} == {unit: unit for unit in units}


def test_gtins_carry_a_valid_check_digit(shop: Shop):
    gtins = [product.gtin for product in shop.products if product.gtin]
    assert len(gtins) > 0.85 * len(shop.products)
    assert len(set(gtins)) == len(gtins)
    for gtin in gtins:
        total = sum(int(digit) * (1, 3)[place % 2] for place, digit in enumerate(gtin))
        assert (len(gtin), total % 10) == (13, 0)


def test_long_review_texts_hardly_ever_repeat(shop: Shop):
    texts = Counter(review.text for review in shop.reviews if len(review.text) > 40)
    assert sum(count - 1 for count in texts.values()) < 0.02 * sum(texts.values())


def test_owners_fault_the_faulty_aspects(shop: Shop):
    told: dict[str, Counter[str]] = {"faulty": Counter(), "strong": Counter()}
    for review in shop.reviews:
        qualities = shop.truth["products"][review.product_id].get("aspects", {})
        for aspect, said in shop.truth["reviews"][review.id]["mentions"].items():
            if abs(qualities.get(aspect, 0)) > 1:
                told["faulty" if qualities[aspect] < 0 else "strong"][said] += 1
    assert told["faulty"]["negative"] > 0.9 * told["faulty"].total() > 900
    assert told["strong"]["negative"] < 0.1 * told["strong"].total()


def test_the_truth_is_written_apart_from_what_is_indexed(tmp_path: Path, shop: Shop):
    write_shop(tmp_path, 7)
    assert json.loads((tmp_path / "truth.json").read_text("utf-8"))["seed"] == 7
    sources = [path for path in (tmp_path / "sources").rglob("*") if path.is_file()]
    assert len(sources) == 2 + len(shop.pages)
    for path in sources:
        text = path.read_text("utf-8")
        assert not any(
            word in text for word in ('"harshness"', '"aspects"', '"mentions"', "defect")
        )
    lines = (tmp_path / "sources" / "products.jsonl").read_text("utf-8").splitlines()
    assert tuple(Product.model_validate_json(line) for line in lines) == shop.products


def test_prices_are_in_euro_and_follow_what_is_in_the_box(shop: Shop):
    for product in shop.products:
        assert product.currency == "EUR"
        assert product.price is not None
        assert Decimal(3) < product.price < Decimal(6000)
        assert product.price == round(product.price, 2)
