"""A record as a document, and back."""

import hashlib
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from servers.elastic.mapping import DIGESTS, Json
from servers.embedded.schema import (
    CONCEPT_MARK,
    SEPARATOR,
    UNCLEAR_MARK,
    Prepared,
    decoded,
    number_column,
    text_column,
)
from servers.records import AnyRecord, Kind, Page, Product, Quantity, Review

_RECORDS: Mapping[Kind, type[Product] | type[Review] | type[Page]] = {
    "product": Product,
    "review": Review,
    "page": Page,
}
_TEXTS = ("text", "attribute_text")
_MARKS = (CONCEPT_MARK, UNCLEAR_MARK)
_LONGEST_ID = 512
"""Bytes that Elasticsearch takes for a document's own id."""
_ALL_BITS = (1 << 64) - 1
_SIGN = 1 << 63


def document_id(record_id: str) -> str:
    encoded = record_id.encode()
    if len(encoded) <= _LONGEST_ID:
        return record_id
    return hashlib.blake2b(encoded, digest_size=16).hexdigest()


def document(prepared: Prepared, product_type: str | None = None) -> Json:
    made: Json = {"id": prepared.id}
    facts: list[tuple[str, str]] = []
    for field, text in prepared.texts:
        if field == "facts":
            key, _, value = text.partition(SEPARATOR)
            facts.append((key, value))
        elif field in _TEXTS:
            made[field] = text
        else:
            made.setdefault(field, []).append(text)
    made.update(prepared.numbers)
    if product_type:
        made["type"] = product_type
    if facts:
        made.update(facts=_columns(facts), facets=_facets(facts))
    if stated := made.get("stated"):
        made["states"] = _own_keys(stated)
    digest = hashlib.blake2b(prepared.record, digest_size=12).digest()
    for at, field in enumerate(DIGESTS):
        made[field] = int.from_bytes(digest[at * 3 : at * 3 + 3], "big")
    made["record"] = prepared.record.decode()
    return made


def _columns(facts: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    columns: dict[str, list[str]] = {}
    for key, value in facts:
        columns.setdefault(text_column(key), []).append(value)
    return columns


def _facets(facts: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    """Numbers apart for each unit, so that the lowest and the highest can be asked for."""
    columns: dict[str, list[str]] = {}
    for key, value in facts:
        match decoded(value):
            case bool() | str():
                columns.setdefault(text_column(key), []).append(value)
            case Quantity() as stated:
                columns.setdefault(number_column(key, stated.unit), []).append(
                    ordered(stated.value)
                )
            case number:
                columns.setdefault(number_column(key, None), []).append(ordered(number))
    return columns


def _own_keys(stated: Iterable[str]) -> Sequence[str]:
    """What the catalog itself states, not what a concept reads from it."""
    keys = {term.partition(SEPARATOR)[0] for term in stated}
    return sorted(text_column(key) for key in keys if key[:1] not in _MARKS)


def record(kind: Kind, source: Mapping[str, Any]) -> AnyRecord:
    return _RECORDS[kind].model_validate_json(source["record"])


def ordered(number: float) -> str:
    """A number as a text that sorts as the number does: a flattened field holds texts alone."""
    bits = struct.unpack(">Q", struct.pack(">d", number))[0]
    return f"{bits ^ (_ALL_BITS if bits & _SIGN else _SIGN):016x}"


def number_of(text: str) -> float:
    """What `ordered` was given."""
    bits = int(text, 16)
    bits ^= _SIGN if bits & _SIGN else _ALL_BITS
    return struct.unpack(">d", struct.pack(">Q", bits))[0]
