"""The demo shop: a generated catalog with reviews and buying guides, the same from the same seed.

Its words stand in `servers/demoshop/*.toml`. What is really true of its products (hidden
strengths and faults, values that no listing states, which pages are wrong) is in `Shop.truth`,
which no server reads: what a research run finds can be scored against it.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from servers.demoshop.catalog import Item, make_items
from servers.demoshop.guides import Guide, make_guides
from servers.demoshop.models import AS_OF
from servers.demoshop.questions import (
    EXAMPLE_QUESTION as EXAMPLE_QUESTION,
)
from servers.demoshop.questions import (
    EXAMPLE_QUESTIONS as EXAMPLE_QUESTIONS,
)
from servers.demoshop.reviewing import Reviewed, make_reviews
from servers.demoshop.words import categories
from servers.records import Page, Product, Review


@dataclass(frozen=True)
class Shop:
    products: tuple[Product, ...]
    reviews: tuple[Review, ...]
    pages: tuple[Page, ...]
    truth: dict[str, Any]
    """JSON values: `products`, `reviews` and `pages` by id, `shoppers` by pseudonym, `units`."""


def build_shop(seed: int = 7) -> Shop:
    """About 1,500 products, 20,000 reviews and 120 pages; equal for equal seeds everywhere."""
    items = make_items(seed)
    reviewed = make_reviews(seed, items)
    guides = make_guides(seed)
    return Shop(
        products=_rated([item.product for item in items], reviewed),
        reviews=tuple(draft.review for draft in reviewed),
        pages=tuple(guide.page for guide in guides),
        truth={
            "seed": seed,
            "as_of": AS_OF.isoformat(),
            "units": {c.noun: {s.name: s.unit for s in c.spec} for c in categories()},
            "products": {item.product.id: _product_truth(item) for item in items},
            "reviews": {draft.review.id: _review_truth(draft) for draft in reviewed},
            "shoppers": {draft.shopper.author: _shopper_truth(draft) for draft in reviewed},
            "pages": {guide.page.id: _page_truth(guide) for guide in guides},
        },
    )


def write_shop(folder: Path | str, seed: int = 7) -> Shop:
    """Writes `sources/` (products.jsonl, reviews.jsonl, pages/*.md) and, beside it, truth.json."""
    shop = build_shop(seed)
    write_files(shop, folder)
    return shop


def write_files(shop: Shop, folder: Path | str) -> None:
    sources = Path(folder) / "sources"
    (sources / "pages").mkdir(parents=True, exist_ok=True)
    _write_lines(sources / "products.jsonl", shop.products)
    _write_lines(sources / "reviews.jsonl", shop.reviews)
    for page in shop.pages:
        _write(sources / "pages" / f"{page.id}.md", _with_front_matter(page))
    _write(Path(folder) / "truth.json", json.dumps(shop.truth, ensure_ascii=False, indent=1))


def _rated(products: Sequence[Product], reviewed: Sequence[Reviewed]) -> tuple[Product, ...]:
    ratings: dict[str, list[float]] = defaultdict(list)
    for draft in reviewed:
        ratings[draft.review.product_id].append(draft.review.rating or 0.0)
    return tuple(
        product.model_copy(update={"rating": _mean(own), "review_count": len(own)})
        for product in products
        for own in (ratings[product.id],)
    )


def _mean(ratings: Sequence[float]) -> float | None:
    return round(sum(ratings) / len(ratings), 2) if ratings else None


# Files


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _write_lines(path: Path, records: Sequence[Product | Review]) -> None:
    lines = [record.model_dump_json(exclude_none=True) + "\n" for record in records]
    _write(path, "".join(lines))


def _with_front_matter(page: Page) -> str:
    head = {
        "id": page.id,
        "title": page.title,
        "url": page.url,
        "site": page.site,
        "published": page.published.isoformat() if page.published else None,
    }
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in head.items()]
    return "\n".join(("---", *lines, "---", "", page.text, ""))


# Hidden truth


def _product_truth(item: Item) -> dict[str, Any]:
    model = item.model
    if model is None:
        return {"type": item.kind, "accessory_of": item.category.noun}
    return {
        "type": item.kind,
        "model": f"{model.brand.name} {model.name}",
        "specs": dict(model.specs),
        "stated": item.stated,
        "prose_only": list(item.prose_only),
        "unit_unclear": list(item.unit_unclear),
        "aspects": model.qualities,
        "defect": model.defect
        and {
            "name": model.defect.name,
            "aspect": model.defect.aspect,
            "after_months": model.defect.months,
        },
        "released": model.released.isoformat(),
        "sibling_of": model.sibling_of and f"{model.brand.name} {model.sibling_of}",
        "differs_in": model.differs,
    }


def _review_truth(draft: Reviewed) -> dict[str, Any]:
    truth: dict[str, Any] = {"kind": draft.kind, "mentions": dict(draft.mentions)}
    return {**truth, "defect": True} if draft.defect else truth


def _shopper_truth(draft: Reviewed) -> dict[str, Any]:
    shopper = draft.shopper
    return {
        "tone": shopper.tone,
        "harshness": round(shopper.harshness, 3),
        "price_level": round(shopper.tier, 3),
        "interests": list(dict.fromkeys(shopper.interests)),
    }


def _page_truth(guide: Guide) -> Mapping[str, Any]:
    return {"category": guide.category.noun, "wrong": [asdict(wrong) for wrong in guide.wrong]}
