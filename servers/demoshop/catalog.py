"""What the demo shop states of its models: products with titles, attributes and prices.

A catalog knows less than the truth: values are left out, stand under another name or
unit, or are mentioned in the description alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from servers.demoshop.models import AS_OF, Model, between, make_models, on_step
from servers.demoshop.words import (
    Accessory,
    Category,
    Raw,
    Spec,
    capital,
    categories,
    expand,
    pick,
    read_words,
    sentence,
)
from servers.records import Product, Quantity, Value

UNIT_FORGOTTEN = 0.015


@dataclass(frozen=True)
class Item:
    """A product with what only its maker knows."""

    product: Product
    kind: str
    """What it is: the category's noun, or the accessory's."""
    category: Category
    model: Model | None
    """None for an accessory."""
    stated: dict[str, str]
    """Spec -> the attribute name under which the product states it, with its unit."""
    prose_only: tuple[str, ...] = ()
    unit_unclear: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """What one model's listing says; its variants share it."""

    attributes: dict[str, tuple[Value, ...]]
    stated: dict[str, str]
    prose: tuple[str, ...]
    prose_only: tuple[str, ...]
    unit_unclear: tuple[str, ...]


def make_items(seed: int) -> tuple[Item, ...]:
    words = read_words("catalog.toml")
    items: list[Item] = []
    for category in categories():
        rng = Random(f"{seed}:catalog:{category.code}")
        models = make_models(rng, category)
        drafts = [*_products(rng, seed, category, models, words)]
        drafts += _accessories(rng, category, models, words)
        items += drafts
    return tuple(items)


# Products


def _products(
    rng: Random,
    seed: int,
    category: Category,
    models: tuple[Model, ...],
    words: dict[str, list[str]],
) -> Iterator[Item]:
    number = 0
    colours: dict[str, tuple[str, ...]] = {}
    for model in models:
        group_key = f"{model.brand.name} {model.sibling_of if model.kin else model.name}"
        if group_key not in colours or not model.kin:
            colours[group_key] = _variants(rng, category)
        said = _statement(Random(f"{seed}:{model.text_seed}"), model)
        own = colours[group_key]
        for variant in own[:1] if model.kin else own:
            number += 1
            text_rng = Random(f"{seed}:{model.text_seed}:text")
            yield Item(
                product=Product(
                    id=f"{category.code}-{1000 + number}",
                    title=_title(rng, model, said, variant),
                    brand=model.brand.name,
                    category=category.path,
                    description=_description(text_rng, model, said, words),
                    price=shelf_price(rng, model.price),
                    group=f"{category.code}-{_slug(group_key)}",
                    attributes={category.variant: (variant,), **said.attributes},
                    **_listing(rng, category, number),
                ),
                kind=category.noun,
                category=category,
                model=model,
                stated=said.stated,
                prose_only=said.prose_only,
                unit_unclear=said.unit_unclear,
            )


def _listing(rng: Random, category: Category, number: int) -> dict[str, Any]:
    """Fields that have nothing to do with what the product is."""
    id_ = f"{category.code}-{1000 + number}"
    fate = rng.random()
    digits = f"20{int(rng.random() * 10**10):010d}"
    return {
        "currency": "EUR",
        "in_stock": None if fate < 0.04 else fate < 0.9,
        "as_of": AS_OF - timedelta(days=int(rng.random() * 5)),
        "url": f"https://shop.example/p/{id_}",
        "image_url": f"https://shop.example/images/{id_}.jpg",
        "gtin": None if rng.random() < 0.08 else digits + check_digit(digits),
    }


def check_digit(digits: str) -> str:
    """The last digit of a GTIN-13, from the twelve before it (GS1 General Specifications)."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return str(-total % 10)


def _variants(rng: Random, category: Category) -> tuple[str, ...]:
    count = 1 + int(rng.random() * category.most_variants)
    options = list(enumerate(category.variants))
    rng.shuffle(options)
    return tuple(text for _, text in sorted(options[:count]))


def shelf_price(rng: Random, amount: float) -> Decimal:
    """The amount as shops write it: 12.99, 149.90, 1249.00."""
    if amount < 100:
        return Decimal(int(amount)) + Decimal(pick(rng, ("0.99", "0.99", "0.95", "0.49")))
    if amount < 500:
        return Decimal(int(amount)) + Decimal(pick(rng, ("0.00", "0.90", "0.99", "0.00")))
    return Decimal(int(amount / 10) * 10 + pick(rng, (9, 9, 9, 5))).quantize(Decimal("0.01"))


# What is stated


def _statement(rng: Random, model: Model) -> Statement:
    attributes: dict[str, tuple[Value, ...]] = {}
    stated: dict[str, str] = {}
    prose: list[str] = []
    prose_only: list[str] = []
    unclear: list[str] = []
    for spec in model.category.spec:
        chances = [rng.random() for _ in range(4)]  # drawn always, so that siblings stay in step
        if spec.name not in model.specs:
            continue
        value = model.specs[spec.name]
        position = model.positions[spec.name]
        said = _prose(rng, spec, value)
        if chances[0] < _silence(spec, value, position, model.brand.care):
            if said and chances[1] < 0.4:
                prose.append(said)
                prose_only.append(spec.name)
            continue
        key = _key(spec, model.brand.dialect)
        forgotten = chances[2] < UNIT_FORGOTTEN and model.brand.care < 0.6
        if forgotten and spec.unit:
            unclear.append(spec.name)
        attributes[key] = _values(spec, value, model.brand.dialect, forgotten)
        stated[spec.name] = key
        if said and chances[3] < 0.4:
            prose.append(said)
    return Statement(attributes, stated, tuple(prose), tuple(prose_only), tuple(unclear))


def _silence(spec: Spec, value: Raw, position: float, care: float) -> float:
    chance = spec.missing * (1.7 - 1.4 * care)
    if value is False:
        chance += 0.3 * (1 - care)
    if spec.shy:
        chance += 0.4 * (1 - position) * (1 - care)
    return chance


def _key(spec: Spec, dialect: float) -> str:
    names = (spec.name, spec.name, *spec.also) if spec.also else (spec.name,)
    return names[int(dialect * len(names))]


def _values(spec: Spec, value: Raw, dialect: float, unit_forgotten: bool) -> tuple[Value, ...]:
    if isinstance(value, tuple):
        return value
    if isinstance(value, bool | str) or spec.unit is None or unit_forgotten:
        return (value,)
    if spec.alt and dialect * 7 % 1 < 0.3:
        unit, factor, step = spec.alt
        return (Quantity(value=on_step(value * factor, step), unit=unit),)
    return (Quantity(value=value, unit=spec.unit),)


def shown(spec: Spec, value: Raw) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return value[0] if len(value) == 1 else ", ".join(value[:-1]) + " and " + value[-1]
    number = f"{value:g}" if value < 100_000 else f"{value:.0f}"
    return f"{number} {spec.unit}" if spec.unit else number


def _prose(rng: Random, spec: Spec, value: Raw) -> str | None:
    templates = spec.prose_no if value is False else spec.prose
    if not templates:
        return None
    return expand(rng, pick(rng, templates), {"v": shown(spec, value)})


def _title(rng: Random, model: Model, said: Statement, variant: str) -> str:
    features: list[str] = []
    for spec in model.category.spec:
        value = model.specs.get(spec.name)
        if not spec.title or spec.name not in said.stated or value in (None, False):
            continue
        always = spec.kin or spec.name == model.differs
        if always or rng.random() < 0.45:
            features.append(expand(rng, pick(rng, spec.title), {"v": shown(spec, value)}))
    slots = {
        "brand": model.brand.name,
        "model": model.name,
        "noun": pick(rng, model.category.nouns),
        "variant": variant,
        "features": ", ".join(features[:3]),
    }
    with_features = (
        "{brand} {model} {noun}, {features}, {variant}",
        "{brand} {model} {noun} - {features} - {variant}",
        "{brand} {model} – {noun}, {features} ({variant})",
        "{brand} {noun} {model} {features}, {variant}",
    )
    plain = ("{brand} {model} {noun}, {variant}", "{brand} {noun} {model} ({variant})")
    return expand(rng, pick(rng, with_features if features else plain), slots)


def _description(rng: Random, model: Model, said: Statement, words: dict[str, list[str]]) -> str:
    slots = {
        "brand": model.brand.name,
        "model": model.name,
        "noun": pick(rng, model.category.nouns),
        "short": pick(rng, model.category.short),
    }
    parts = [expand(rng, pick(rng, model.category.pitch), slots), *said.prose]
    if rng.random() < 0.7:
        parts.append(expand(rng, pick(rng, tuple(words["closing"])), slots))
    return " ".join(sentence(part) for part in parts)


def _slug(text: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


# Accessories


def _accessories(
    rng: Random, category: Category, models: tuple[Model, ...], words: dict[str, list[str]]
) -> Iterator[Item]:
    path = (category.path[0], f"{capital(category.noun)} accessories")
    makers = tuple(words["accessory_brands"])
    number = 8000
    for accessory in category.accessory:
        for model in _some(rng, models, 3 + int(rng.random() * 4)):
            number += 1
            noun = pick(rng, accessory.nouns)
            brand = model.brand.name if rng.random() < 0.4 else pick(rng, makers)
            pack = pick(rng, accessory.packs)
            yield Item(
                product=_accessory(
                    rng, category, model, accessory, words, (noun, brand, pack, number, path)
                ),
                kind=noun,
                category=category,
                model=None,
                stated={},
            )


def _accessory(
    rng: Random,
    category: Category,
    model: Model,
    accessory: Accessory,
    words: dict[str, list[str]],
    own: tuple[str, str, int, int, tuple[str, ...]],
) -> Product:
    noun, brand, pack, number, path = own
    fits = f"{model.brand.name} {model.name}"
    slots = {
        "brand": brand,
        "noun": noun,
        "fits": fits,
        "device": category.noun,
        "pack": f"pack of {pack}" if pack > 1 else "single",
    }
    attributes: dict[str, tuple[Value, ...]] = {"compatible with": (fits,)}
    if pack > 1 or rng.random() < 0.5:
        attributes["pack size"] = (float(pack),)
    if accessory.material and rng.random() < 0.7:
        attributes["material"] = (pick(rng, accessory.material),)
    low, high = accessory.price
    amount = between(rng, low, high) * (0.75 + 0.25 * pack)
    return Product(
        id=f"{category.code}-{1000 + number}",
        title=capital(expand(rng, pick(rng, tuple(words["accessory_title"])), slots)),
        brand=brand,
        category=path,
        description=" ".join(
            sentence(expand(rng, text, slots))
            for text in (
                pick(rng, tuple(words["accessory_pitch"])),
                pick(rng, tuple(words["accessory_closing"])),
            )
        ),
        price=shelf_price(rng, amount),
        attributes=attributes,
        **_listing(rng, category, number),
    )


def _some(rng: Random, models: tuple[Model, ...], count: int) -> list[Model]:
    shuffled = list(models)
    rng.shuffle(shuffled)
    return shuffled[:count]
