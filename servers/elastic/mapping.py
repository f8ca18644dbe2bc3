"""How a record lies in Elasticsearch: one index for each kind, every field stated beforehand.

Text is made into words in Python, as for every engine, so an index needs nothing but a tokenizer
that splits at spaces. `facts` and `facets` hold what products state, one column a key, under the
digest of the key: a catalog has too many attributes for a field of each.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from servers.records import Kind

Json = dict[str, Any]

FORMAT = 1
"""Of the documents; an index of another format is not read."""

_WORDS: Json = {"type": "text", "analyzer": "words"}
_LONGEST_NAME = 8_000
"""Characters: four bytes each, a longer name would be refused with its whole record."""
_NAME: Json = {"type": "keyword", "ignore_above": _LONGEST_NAME}
_NUMBER: Json = {"type": "double"}
_KEPT: Json = {"type": "keyword", "index": False, "doc_values": False}
_DIGEST: Json = {"type": "integer", "index": False}
DIGESTS = ("digest0", "digest1", "digest2", "digest3")


def _mapping(texts: Iterable[str], names: Iterable[str], numbers: Iterable[str]) -> Json:
    return {
        "dynamic": "strict",
        "properties": {
            "id": {"type": "keyword"},
            **dict.fromkeys(texts, _WORDS),
            **dict.fromkeys(names, _NAME),
            **dict.fromkeys(numbers, _NUMBER),
            **dict.fromkeys(DIGESTS, _DIGEST),
            "record": _KEPT,
        },
    }


_PRODUCT = _mapping(
    ("text", "attribute_text"),
    ("brand", "category", "type", "group", "stated", "states"),
    ("price", "rating", "review_count", "in_stock", "as_of"),
)
_PRODUCT["properties"].update(facts={"type": "flattened"}, facets={"type": "flattened"})

MAPPINGS: Mapping[Kind, Json] = {
    "product": _PRODUCT,
    "review": _mapping(("text",), ("product_id",), ("rating", "verified", "posted", "helpful")),
    "page": _mapping(("text",), ("site",), ("published",)),
}

META: Json = {
    "dynamic": "strict",
    "properties": {"state": {"type": "object", "enabled": False}, "part": _KEPT},
}


def settings(shards: int | None) -> Json:
    """Of an index that is being written: nobody reads it before it is refreshed, once."""
    made: Json = {
        "auto_expand_replicas": "0-1",
        "refresh_interval": "-1",
        "analysis": {
            "tokenizer": {"words": {"type": "whitespace", "max_token_length": _LONGEST_NAME}},
            "analyzer": {"words": {"type": "custom", "tokenizer": "words"}},
        },
    }
    if shards is not None:
        made["number_of_shards"] = shards
    return made
