"""Short names for what a run sees, and the evidence in what our tools return.

Each product, review and page gets an alias (p1, r1, w1) at its first appearance in a run. The
researcher sees aliases only; arguments are turned back to ids. Aliases follow from the events
recorded so far, so that a resumed run hands out the same ones.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, cast

from client.trajectory import Evidence, EvidenceKind, Trajectory

Fields = dict[str, Any]

LETTERS: dict[EvidenceKind, str] = {"product": "p", "review": "r", "page": "w"}
ALIAS = re.compile(r"[prw][1-9]\d*")

_ITEMS: dict[str, EvidenceKind] = {
    "products": "product",
    "product": "product",
    "variants": "product",
    "reviews": "review",
    "pages": "page",
}
"""What the `id` of an object under this key names."""
_REFERENCES: dict[str, EvidenceKind] = {
    "product_id": "product",
    "product_ids": "product",
    "nearest": "product",
    "review_ids": "review",
}
"""Keys whose value is an id, or a list of ids."""
_ARGUMENTS = ("id", "ids", "product_id", "product_ids", "review_ids")


class Aliases:
    """The aliases of one run so far; `aliased` hands out new ones."""

    def __init__(self, run: Trajectory) -> None:
        self._ids: dict[str, str] = {}
        self._aliases: dict[tuple[EvidenceKind, str], str] = {}
        for alias, evidence in run.evidence.items():
            self._ids[alias] = evidence.id
            self._aliases[evidence.kind, evidence.id] = alias

    def unseen(self, arguments: Fields) -> list[str]:
        """What is written like an alias in the arguments, and names nothing of this run."""
        return [
            name
            for key in _ARGUMENTS
            for name in _strings(arguments.get(key))
            if ALIAS.fullmatch(name) and name not in self._ids
        ]

    def turned_back(self, arguments: Fields) -> Fields:
        """The arguments with real ids."""
        return {
            key: _each(value, lambda one: self._ids.get(one, one)) if key in _ARGUMENTS else value
            for key, value in arguments.items()
        }

    def aliased(self, tool: str, result: Fields) -> tuple[Fields, tuple[Evidence, ...]]:
        """The result of one of our tools with aliases in place of ids, and the evidence in it."""
        known = set(self._ids)
        shown = cast(Fields, self._renamed(result, "page" if tool == "read_page" else None))
        stated = [
            Evidence(alias=alias, kind=_kind(alias), id=self._ids[alias], fields=_stated(fields))
            for alias, fields in _EVIDENCE[tool](shown)
            if alias in self._ids
        ]
        named = {evidence.alias for evidence in stated}
        bare = [alias for alias in self._ids if alias not in known and alias not in named]
        mentioned = (
            Evidence(alias=alias, kind=_kind(alias), id=self._ids[alias], fields={})
            for alias in bare
        )
        return shown, (*stated, *mentioned)

    def _renamed(self, value: Any, kind: EvidenceKind | None) -> Any:
        if isinstance(value, list):
            return [self._renamed(one, kind) for one in cast(list[Any], value)]
        if not isinstance(value, dict):
            return value
        return {key: self._entry(key, one, kind) for key, one in cast(Fields, value).items()}

    def _entry(self, key: str, value: Any, kind: EvidenceKind | None) -> Any:
        names = kind if key == "id" else _REFERENCES.get(key)
        if names:
            return _each(value, lambda one: self._alias(names, one))
        return self._renamed(value, _ITEMS.get(key))

    def _alias(self, kind: EvidenceKind, id: str) -> str:
        if (kind, id) not in self._aliases:
            count = sum(1 for known, _ in self._aliases if known == kind)
            alias = f"{LETTERS[kind]}{count + 1}"
            self._aliases[kind, id] = alias
            self._ids[alias] = id
        return self._aliases[kind, id]


def _kind(alias: str) -> EvidenceKind:
    return next(kind for kind, letter in LETTERS.items() if alias[0] == letter)


def _strings(value: Any) -> list[str]:
    values = cast(list[Any], value if isinstance(value, list) else [value])
    return [one for one in values if isinstance(one, str)]


def _each(value: Any, turn: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_each(one, turn) for one in cast(list[Any], value)]
    return turn(value) if isinstance(value, str) else value


def _stated(fields: Fields) -> Fields:
    return {k: v for k, v in fields.items() if k != "id" and v not in (None, "", [], {})}


# Evidence in the results of our tools: (alias, fields)

Found = Iterator[tuple[str, Fields]]


def objects(value: Any) -> list[Fields]:
    """The objects in a list; nothing where a server returned another shape."""
    if not isinstance(value, list):
        return []
    return [cast(Fields, one) for one in cast(list[Any], value) if isinstance(one, dict)]


def an_object(value: Any) -> Fields:
    return cast(Fields, value) if isinstance(value, dict) else {}


def _searched(result: Fields) -> Found:
    beside = (*objects(result.get("near_misses")), *objects(result.get("unverified")))
    for card in (
        *objects(result.get("products")),
        *objects([entry.get("product") for entry in beside]),
    ):
        yield str(card.get("id")), card


def _read_products(result: Fields) -> Found:
    for product in objects(result.get("products")):
        yield str(product.get("id")), product
        for variant in objects(product.get("variants")):
            yield str(variant.get("id")), {"currency": product.get("currency"), **variant}


def _compared(result: Fields) -> Found:
    for product in objects(result.get("products")):
        alias = str(product.get("id"))
        yield alias, {**product, "attributes": list(_column(result, alias))}


def _column(result: Fields, alias: str) -> Iterator[Fields]:
    for row in objects(result.get("rows")):
        for cell in objects(row.get("cells")):
            if cell.get("product_id") == alias and cell.get("value") is not None:
                value, attribute = cell["value"], cell.get("attribute")
                yield {"name": row.get("attribute"), "value": value, "attribute": attribute}


def _listed(key: str) -> Callable[[Fields], Found]:
    def listed(result: Fields) -> Found:
        for item in objects(result.get(key)):
            yield str(item.get("id")), item

    return listed


def _summarized(result: Fields) -> Found:
    summary = {k: v for k, v in result.items() if k not in ("product_id", "note")}
    yield str(result.get("product_id")), {"review_summary": summary}


def _read(result: Fields) -> Found:
    yield (
        str(result.get("id")),
        {k: v for k, v in result.items() if k not in ("next_cursor", "note")},
    )


_EVIDENCE: dict[str, Callable[[Fields], Found]] = {
    "search_catalog": _searched,
    "get_product": _read_products,
    "compare_products": _compared,
    "search_reviews": _listed("reviews"),
    "summarize_reviews": _summarized,
    "search_web": _listed("pages"),
    "read_page": _read,
}
OUR_TOOLS = frozenset(_EVIDENCE)
