"""A mapping for a file whose columns have our names, or names that mean the same."""

import re
from collections.abc import Iterable

from servers.index import BadSource
from servers.records import Kind
from servers.sources.mapping import AttributeRule, Mapping, Source

_SHARED = {
    "title": "title name product_name product_title item_name headline",
    "url": "url link product_url permalink address",
}
_PRODUCT = _SHARED | {
    "id": "id sku item_id product_id asin article_number item_number handle code",
    "brand": "brand manufacturer vendor supplier maker brand_name",
    "category": "category categories product_category category_path product_type "
    "google_product_category department",
    "description": "description product_description long_description full_description body "
    "short_description details",
    "price": "price current_price unit_price",
    "currency": "currency price_currency currency_code",
    "rating": "rating average_rating star_rating avg_rating stars average_review_rating",
    "review_count": "review_count number_of_reviews reviews rating_count ratings_count "
    "reviews_count num_reviews",
    "in_stock": "in_stock availability stock quantity stock_status number_available_in_stock",
    "as_of": "as_of updated updated_at last_updated date_modified",
    "image_url": "image_url image image_link main_image picture",
    "gtin": "gtin ean upc barcode isbn ean13",
    "group": "group item_group_id group_id parent_id parent_asin",
}
_REVIEW = {
    "product_id": "product_id parent_asin asin product_sku sku product_handle item_id",
    "id": "id review_id",
    "rating": "rating score stars review_score star_rating overall",
    "title": "title review_title summary headline",
    "text": "text body review review_text review_content content comment reviewtext review_body",
    "posted": "posted date review_date created_at review_creation_date datecreated",
    "verified": "verified verified_purchase is_verified_purchase is_verified_buyer",
    "helpful": "helpful helpful_vote helpful_votes",
    "author": "author user_id reviewer_name reviewer reviewer_id nickname display_name",
}
_PAGE = _SHARED | {
    "id": "id page_id",
    "text": "text body content markdown",
    "published": "published date posted created_at publication_date",
    "site": "site source host domain",
}
_NAMES: dict[Kind, dict[str, str]] = {"product": _PRODUCT, "review": _REVIEW, "page": _PAGE}
_SEPARATORS = (">", "›", "»")
_NEVER_ATTRIBUTES = frozenset({"kind", "attributes", "email", "reviewer_email", "ip_address"})


def normalise(column: str) -> str:
    """ "Item Group ID [item_group_id]", "g:item_group_id" -> "item_group_id"."""
    inside = re.search(r"\[([^\]]+)\]\s*$", column)
    name = (inside[1] if inside else column).strip().lower().removeprefix("g:")
    return re.sub(r"[\s-]+", "_", name)


def fields_of(columns: Iterable[str], kind: Kind) -> dict[str, str]:
    """our field -> the file's column, by the best name of each that the file has."""
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(normalise(column), column)
    taken: set[str] = set()
    fields: dict[str, str] = {}
    for field, names in _NAMES[kind].items():
        for name in names.split():
            if (column := by_name.get(name)) is not None and column not in taken:
                fields[field] = column
                taken.add(column)
                break
    return fields


def kind_of_columns(columns: Iterable[str]) -> Kind:
    """A review names a product and has a text but no price; a page has a text and no price."""
    listed = list(columns)
    has_price = any(normalise(column) in _PRODUCT["price"].split() for column in listed)
    if has_price:
        return "product"
    review = fields_of(listed, "review")
    if "product_id" in review and "text" in review:
        return "review"
    page = fields_of(listed, "page")
    if "text" in page and "title" in page and not {"brand", "category"} & set(listed):
        return "page"
    return "product"


def plain_mapping(columns: list[str], kind: Kind, name: str) -> Mapping:
    """BadSource if the columns have no names that could be an id and a title."""
    fields = fields_of(columns, kind)
    for needed in {"product": ("id", "title"), "review": ("product_id",), "page": ("title",)}[kind]:
        if needed not in fields:
            raise BadSource(
                f"{name}: no column can be read as the {needed} of a {kind} "
                f"(it has: {', '.join(columns[:30])}); rename one to {needed!r}, or write a "
                "mapping (see servers/sources/mappings/README.md)"
            )
    sources = {field: Source(column=column) for field, column in fields.items()}
    if "category" in fields:
        sources["category"] = Source(column=fields["category"], separator=_SEPARATORS)
    if "price" in sources:
        sources["price"] = Source(column=fields["price"], currency_column=fields.get("currency"))
        sources.pop("currency", None)
    return Mapping(kind=kind, fields=sources, attributes=_rules(columns, kind))


def _rules(columns: list[str], kind: Kind) -> tuple[AttributeRule, ...]:
    if kind != "product":
        return ()
    objects = [column for column in columns if normalise(column) == "attributes"]
    private = [column for column in columns if normalise(column) in _NEVER_ATTRIBUTES]
    rules = [AttributeRule(column=column, form="object") for column in objects]
    return (*rules, AttributeRule(rest=True, skip=tuple(private)))
