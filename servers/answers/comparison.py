"""One table over several products: a row per attribute, a cell per product."""

import difflib
from collections.abc import Callable, Mapping, Sequence

from servers.answers import shapes
from servers.answers.budget import fits, most_that_fit
from servers.answers.hygiene import clean_line
from servers.index import Index, UnknownField
from servers.language.values import format_value
from servers.language.words import normal
from servers.records import Product

_MOST_ROWS = 20


def _price(product: Product) -> str | None:
    if product.price is None:
        return None
    return f"{product.price} {product.currency}" if product.currency else str(product.price)


def _number(value: float | int | None) -> str | None:
    return None if value is None else format_value(float(value))


_OWN_FIELDS: Mapping[str, Callable[[Product], str | None]] = {
    "price": _price,
    "brand": lambda product: product.brand,
    "rating": lambda product: _number(product.rating),
    "review count": lambda product: _number(product.review_count),
    "in stock": lambda product: (
        None if product.in_stock is None else ("yes" if product.in_stock else "no")
    ),
    "category": lambda product: " > ".join(product.category) or None,
    "gtin": lambda product: product.gtin,
}
"""What every product has a place for, beside the attributes of this catalog."""

_OWN_NAMES = {normal(name): name for name in _OWN_FIELDS}
_ALWAYS = ("price", "brand", "rating", "in stock")


def compare(
    index: Index,
    products: Sequence[Product],
    attributes: Sequence[str] | None,
    max_tokens: int,
) -> shapes.Comparison:
    """Raises UnknownField for a name that this catalog has under no spelling."""
    if attributes:
        names = list(dict.fromkeys(attributes))
        _refuse_unknown(index, names)
        rows = _rows(index, products, names)
        note = None
    else:
        rows, left_out = _telling(index, products)
        note = (
            f"{left_out} more attributes are stated: name them in `attributes`."
            if left_out
            else None
        )
    result = shapes.Comparison(
        products=[shapes.Named(id=one.id, title=clean_line(one.title)) for one in products],
        rows=rows,
        note=note,
    )
    return _fitted(result, max_tokens)


def _refuse_unknown(index: Index, names: Sequence[str]) -> None:
    vocabulary = index.vocabulary()
    known = {normal(name): name for name in vocabulary.attributes} | _OWN_NAMES
    for concept, aliases in vocabulary.concepts.items():
        known |= {normal(name): concept for name in (concept, *aliases)}
    for name in names:
        if normal(name) not in known:
            near = difflib.get_close_matches(normal(name), known, n=5, cutoff=0.5)
            nearest = list(dict.fromkeys(known[one] for one in near))
            hint = f" Nearest: {', '.join(nearest)}." if nearest else ""
            raise UnknownField(f"This catalog has no attribute {name[:100]!r}.{hint}", nearest)


def _rows(index: Index, products: Sequence[Product], names: Sequence[str]) -> list[shapes.Row]:
    own = {name: _OWN_NAMES[normal(name)] for name in names if normal(name) in _OWN_NAMES}
    others = [name for name in names if name not in own]
    stated = {one.id: dict(zip(others, index.cells(one, others), strict=True)) for one in products}

    def cell(product: Product, name: str) -> shapes.Cell:
        if name in own:
            value = _OWN_FIELDS[own[name]](product)
            return shapes.Cell(product_id=product.id, value=value and clean_line(value))
        found = stated[product.id][name]
        if found is None:
            return shapes.Cell(product_id=product.id)
        value = clean_line(found.text)
        return shapes.Cell(product_id=product.id, value=value, attribute=found.attribute)

    return [
        shapes.Row(attribute=name, cells=[cell(product, name) for product in products])
        for name in names
    ]


def _telling(index: Index, products: Sequence[Product]) -> tuple[list[shapes.Row], int]:
    """The rows that most products state and in which they differ; how many more there are."""
    names = list(dict.fromkeys(name for product in products for name in product.attributes))
    own = [row for row in _rows(index, products, _ALWAYS) if _stated(row)]
    known = _asked_about(index)
    distinct: dict[tuple[shapes.Cell, ...], shapes.Row] = {}
    for row in _rows(index, products, names):
        row = _of_one_meaning(index, products, row)
        distinct.setdefault(tuple(row.cells), row)  # two names of one concept are one row
    rows = sorted(distinct.values(), key=lambda row: _how_telling(row, known), reverse=True)
    kept = rows[: _MOST_ROWS - len(own)]
    return own + kept, len(rows) - len(kept)


def _stated(row: shapes.Row) -> int:
    return sum(cell.value is not None for cell in row.cells)


def _of_one_meaning(index: Index, products: Sequence[Product], row: shapes.Row) -> shapes.Row:
    """Where one product states the attribute itself and another only what may be the same thing
    under another name, it must be the same thing: asked by that name, the first answers alike."""
    stated = {cell.product_id: cell for cell in row.cells if cell.attribute is not None}
    owner = next((one for one in products if row.attribute in one.attributes), None)
    if owner is None or len({cell.attribute for cell in stated.values()}) < 2:
        return row
    own = stated[owner.id].attribute

    def same(cell: shapes.Cell) -> bool:
        if cell.attribute in (None, own):
            return True
        (found,) = index.cells(owner, [cell.attribute or ""])
        return found is not None and found.attribute == own

    cells = [c if same(c) else shapes.Cell(product_id=c.product_id) for c in row.cells]
    return row.model_copy(update={"cells": cells})


def _asked_about(index: Index) -> frozenset[str]:
    """Names of what people ask for, of the table of concepts."""
    concepts = index.vocabulary().concepts
    return frozenset(normal(name) for key, names in concepts.items() for name in (key, *names))


def _how_telling(row: shapes.Row, known: frozenset[str]) -> tuple[bool, int, bool, int]:
    """What people ask for, stated by most, differing, and short enough to read in a table."""
    values = {cell.value for cell in row.cells if cell.value is not None}
    longest = max((len(value) for value in values), default=0)
    stated = _stated(row) if longest <= 120 else 1
    asked_about = normal(row.attribute) in known and stated > 1
    return (asked_about, stated, len(values) > 1, -longest)


def _fitted(result: shapes.Comparison, max_tokens: int) -> shapes.Comparison:
    if fits(result, max_tokens):
        return result

    def first(count: int) -> shapes.Comparison:
        left = ", ".join(row.attribute for row in result.rows[count:])
        note = f"Rows left out to keep to max_tokens; ask for them apart: {left}."
        return result.model_copy(update={"rows": result.rows[:count], "note": note})

    count = most_that_fit(len(result.rows) - 1, lambda n: fits(first(n), max_tokens))
    return first(max(1, count))
