"""A product as a tool shows it: what the catalog states, cleaned, with values as text."""

from collections.abc import Sequence

from servers.answers import shapes
from servers.answers.hygiene import clean, clean_line
from servers.index import Hit, Index, Violation
from servers.language.values import format_values
from servers.records import Product

_HIGHLIGHT_LENGTH = 160


def card(
    index: Index, product: Product, *, names: Sequence[str] = (), hit: Hit | None = None
) -> shapes.Card:
    """`names`: the attributes or concepts to show, as the caller named them."""
    kind = index.product_type(product)
    return shapes.Card(
        id=product.id,
        title=clean_line(product.title),
        brand=None if product.brand is None else clean_line(product.brand),
        category=[clean_line(level) for level in product.category],
        type=kind[0] if kind else None,
        type_source=kind[1] if kind else None,
        price=None if product.price is None else float(product.price),
        currency=product.currency,
        rating=product.rating,
        review_count=product.review_count,
        in_stock=product.in_stock,
        as_of=None if product.as_of is None else product.as_of.isoformat(),
        url=product.url,
        group=product.group,
        highlights=_highlights(hit) if hit else [],
        attributes=stated(index, product, names),
    )


def _highlights(hit: Hit) -> list[str]:
    """The best one only: a second mostly repeats it, and costs as much."""
    return [_shortened(clean_line(text)) for text in hit.highlights[:1]]


def _shortened(text: str) -> str:
    if len(text) <= _HIGHLIGHT_LENGTH:
        return text
    return text[:_HIGHLIGHT_LENGTH].rsplit(" ", 1)[0] + " …"


def stated(index: Index, product: Product, names: Sequence[str]) -> list[shapes.Attribute]:
    """What the product states under `names`; what it does not state is left out."""
    if not names:
        return []
    cells = zip(names, index.cells(product, names), strict=True)
    return [
        shapes.Attribute(name=name, value=clean_line(cell.text), attribute=cell.attribute)
        for name, cell in cells
        if cell is not None
    ]


def every_attribute(product: Product) -> list[shapes.Attribute]:
    return [
        shapes.Attribute(name=name, value=clean_line(format_values(values)), attribute=name)
        for name, values in product.attributes.items()
        if values
    ]


def whole(index: Index, product: Product, fields: frozenset[str]) -> shapes.Product:
    """The product with the parts of `fields` that a card does not have."""
    base = card(index, product).model_dump()
    if "attributes" in fields:
        base["attributes"] = every_attribute(product)
    return shapes.Product.model_validate(
        base
        | {
            "description": clean(product.description) or None if "description" in fields else None,
            "variants": variants(index, product) if "variants" in fields else [],
            "image_url": product.image_url if "image_url" in fields else None,
            "gtin": product.gtin if "gtin" in fields else None,
        }
    )


def variants(index: Index, product: Product) -> list[shapes.Variant]:
    if product.group is None:
        return []
    return [
        shapes.Variant(
            id=other.id,
            title=clean_line(other.title),
            price=None if other.price is None else float(other.price),
            differs=_differences(product, other),
        )
        for other in index.variants(product.group)
        if other.id != product.id
    ]


def _differences(product: Product, other: Product) -> list[str]:
    """ "size: 42 (this: 40)" for each attribute in which the variant differs."""
    names = list(dict.fromkeys([*other.attributes, *product.attributes]))
    return [
        f"{name}: {_text(other, name)} (this: {_text(product, name)})"
        for name in names
        if other.attributes.get(name) != product.attributes.get(name)
    ]


def _text(product: Product, name: str) -> str:
    values = product.attributes.get(name)
    return clean_line(format_values(values)) if values else "not stated"


def violation(broken: Violation) -> shapes.Violation:
    """ "price 63.99, over by 3.99 (asked: at most 60)" """
    name = broken.filter.removeprefix("attributes.")
    text = f"{name} {broken.stated}"
    if broken.by is not None:
        way = {"at most": "over", "at least": "short"}.get(broken.asked[:8].strip(), "off")
        text += f", {way} by {broken.by}"
    return shapes.Violation(
        filter=broken.filter,
        stated=clean_line(broken.stated),
        asked=broken.asked,
        by=broken.by,
        text=clean_line(f"{text} (asked: {broken.asked})"),
    )
