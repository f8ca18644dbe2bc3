"""The demo shop: reproducible, consistent, and true to its hidden truth."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from servers.demo import (
    EXAMPLE_QUESTION,
    EXAMPLE_QUESTIONS,
    Shop,
    build_shop,
    write_files,
)
from servers.demoshop.questions import Demand, ExampleQuestion
from servers.demoshop.words import categories
from servers.language.units import canonical_unit, convert
from servers.records import Product, Quantity

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


def test_the_same_seed_gives_the_same_shop_in_every_process(shop: Shop):
    done = subprocess.run(
        [sys.executable, "-c", DIGEST],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4242"},
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
    assert 1_400 <= len(shop.products) <= 1_600
    assert len({product.category for product in shop.products if is_device(shop, product)}) == 14
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
    write_files(shop, tmp_path)
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


def test_reviews_and_pages_keep_to_the_shops_calendar(shop: Shop):
    released = {id_: told.get("released") for id_, told in shop.truth["products"].items()}
    for review in shop.reviews:
        assert review.posted is not None
        assert date(2023, 11, 1) <= review.posted <= date(2026, 11, 1)
        since = released[review.product_id]
        assert since is None or review.posted >= date.fromisoformat(since)
    published = [page.published for page in shop.pages if page.published]
    assert len(published) == len(shop.pages)
    assert max(published) - min(published) > timedelta(days=5 * 365)


def test_prices_are_in_euro_and_no_toy_costs_a_fortune(shop: Shop):
    for product in shop.products:
        assert product.currency == "EUR"
        assert product.price is not None
        assert Decimal(3) < product.price < Decimal(6000)
        assert product.price == round(product.price, 2)
        if not is_device(shop, product):
            assert product.price < 150


def test_a_model_with_more_costs_more_than_its_sibling(shop: Shop):
    prices = {}
    for product in shop.products:
        if is_device(shop, product):
            prices.setdefault(shop.truth["products"][product.id]["model"], product.price)
    dearer = cheaper = 0
    for product in shop.products:
        told = shop.truth["products"][product.id]
        if told.get("differs_in") in ("memory", "storage", "battery capacity", "volume"):
            continue  # these share their model's name
        if (parent := told.get("sibling_of")) and product.price and prices[parent]:
            better = told["model"].removeprefix(parent).strip() in BETTER
            right = product.price > prices[parent] if better else product.price < prices[parent]
            dearer, cheaper = dearer + right, cheaper + (not right)
    assert dearer > 100
    assert cheaper < 0.2 * dearer


BETTER = ("Plus", "Pro", "S", "XT", "II", "– Deluxe Edition", "– Big Box", "– Collector's Edition")


def test_near_duplicates_differ_in_the_one_spec_they_name(shop: Shop):
    by_model: dict[str, list[Any]] = defaultdict(list)
    for told in shop.truth["products"].values():
        if "specs" in told:
            by_model[told["model"]].append(told)
    siblings = [told for own in by_model.values() for told in own if told["sibling_of"]]
    assert 100 < len(siblings) < 0.3 * len(shop.products)
    for told in siblings:
        parents = [other for other in by_model[told["sibling_of"]] if other is not told]
        assert any(
            differing(told["specs"], other["specs"]) == {told["differs_in"]} for other in parents
        )


def differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def test_variants_share_a_group_and_differ_in_what_varies(shop: Shop):
    groups: dict[str, list[Product]] = defaultdict(list)
    for product in shop.products:
        if product.group:
            groups[product.group].append(product)
    assert sum(len(own) > 1 for own in groups.values()) > 250
    for own in groups.values():
        assert len({product.brand for product in own}) == 1
        assert len({product.model_dump_json(include={"attributes"}) for product in own}) == len(own)


def test_titles_are_unique_and_vary(shop: Shop):
    titles = {product.title for product in shop.products}
    assert len(titles) == len(shop.products)
    assert len({title.split()[0] for title in titles}) > 60


def test_what_a_listing_states_is_true_and_some_of_it_is_not_stated(shop: Shop):
    stated = missing = renamed = elsewhere = 0
    for product in shop.products:
        told = shop.truth["products"][product.id]
        for spec, value in told.get("specs", {}).items():
            key = told["stated"].get(spec)
            if key is None:
                missing += 1
                assert spec not in product.attributes
                continue
            stated, renamed = stated + 1, renamed + (key != spec)
            listed = product.attributes[key]
            if isinstance(value, str | bool):
                assert listed == (value,)
            elif isinstance(value, tuple):
                assert listed == value
            else:
                assert in_unit(listed[0], shop.truth["units"][told["type"]][spec]) == pytest.approx(
                    value, rel=0.02
                )
        elsewhere += len(told.get("prose_only", ()))
    assert 0.75 < stated / (stated + missing) < 0.95
    assert renamed > 0.1 * stated
    assert elsewhere > 100


def in_unit(value: Any, unit: str | None) -> float:
    return convert(value.value, value.unit, unit or "") if isinstance(value, Quantity) else value


def test_hostile_reviews_are_few_and_carry_hidden_direction_marks(shop: Shop):
    texts = {review.id: review.text for review in shop.reviews}
    hostile = [i for i, told in shop.truth["reviews"].items() if told["kind"] == "hostile"]
    assert 8 <= len(hostile) <= 20
    marks = re.compile("[\u202a-\u202e\u2066-\u2069]")
    assert all(marks.search(texts[id_]) for id_ in hostile)
    assert sum(bool(marks.search(text)) for text in texts.values()) == len(hostile)


def test_wrong_pages_say_what_the_truth_records(shop: Shop):
    pages = {page.id: page for page in shop.pages}
    wrong = {i: told["wrong"] for i, told in shop.truth["pages"].items() if told["wrong"]}
    assert 10 <= len(wrong) <= 45
    for id_, mistakes in wrong.items():
        for mistake in mistakes:
            assert mistake["says"] in pages[id_].text
            assert mistake["truth"] not in pages[id_].text
    assert {mistake["why"] for own in wrong.values() for mistake in own} == {"out of date", "myth"}


def test_a_review_speaks_of_what_the_product_has(shop: Shop):
    chairs = {p.id for p in shop.products if p.category[-1] == "Office chairs"}
    alien = re.compile(r"\b(battery|wi-fi|suction|crema|firmware|cartridge)\b", re.IGNORECASE)
    told = [r for r in shop.reviews if r.product_id in chairs]
    assert len(told) > 500
    assert [r.text for r in told if alien.search(r.text)] == []
    specs = {i: t.get("specs", {}) for i, t in shop.truth["products"].items()}
    for review in shop.reviews:
        if "noise cancelling" in shop.truth["reviews"][review.id]["mentions"]:
            assert specs[review.product_id]["noise cancelling"] is True


def test_defects_show_only_after_months_and_cost_stars(shop: Shop):
    broken = [r for r in shop.reviews if shop.truth["reviews"][r.id].get("defect")]
    assert len(broken) > 100
    assert all(shop.truth["products"][r.product_id]["defect"] for r in broken)
    mean = sum(r.rating or 0 for r in broken) / len(broken)
    assert mean < 2.6 < 3.5 < sum(r.rating or 0 for r in shop.reviews) / len(shop.reviews)


def verdict(product: Product, question: ExampleQuestion, units: Any) -> Counter[str]:
    """How many of the demands this listing meets, breaks or leaves open; the price is one."""
    found = Counter(
        {"met" if product.price and product.price <= question.price_max else "broken": 1}
    )
    for demand in question.demands:
        spec = next(
            s
            for c in categories()
            if c.noun == question.kind
            for s in c.spec
            if s.name == demand.spec
        )
        values = [v for name in (spec.name, *spec.also) for v in product.attributes.get(name, ())]
        unit = units[question.kind][demand.spec]
        if not values or (unit and not isinstance(values[0], Quantity)):
            found["open"] += 1
            continue
        found["met" if meets(values, demand, unit) else "broken"] += 1
    return found


def meets(values: list[Any], demand: Demand, unit: str | None) -> bool:
    if demand.op == "has" or isinstance(demand.value, str | bool):
        return demand.value in values
    value = in_unit(values[0], unit)
    if demand.op == "=":
        return value == pytest.approx(demand.value, rel=0.01)
    return value <= demand.value if demand.op == "<=" else value >= demand.value


def outcome(shop: Shop, question: ExampleQuestion) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for product in shop.products:
        told = shop.truth["products"][product.id]
        if told["type"] != question.kind or "specs" not in told:
            continue
        found = verdict(product, question, shop.truth["units"])
        if not found["broken"]:
            outcomes["unverified" if found["open"] else "fit"] += 1
        elif found["broken"] == 1 and not found["open"]:
            outcomes["near miss"] += 1
    return outcomes


@pytest.mark.parametrize("question", EXAMPLE_QUESTIONS, ids=lambda q: q.kind)
def test_every_example_question_has_products_that_satisfy_it(shop: Shop, question: ExampleQuestion):
    found = outcome(shop, question)
    assert found["fit"] >= 3
    assert found["near miss"] >= 2
    assert question.soft in {
        aspect.name for c in categories() if c.noun == question.kind for aspect in c.aspect
    }


def test_the_demo_question_has_fits_near_misses_and_unverified_products(shop: Shop):
    assert EXAMPLE_QUESTIONS[0].text == EXAMPLE_QUESTION
    found = outcome(shop, EXAMPLE_QUESTIONS[0])
    assert found["fit"] >= 4
    assert found["near miss"] >= 2
    assert found["unverified"] >= 2
