"""One index of a generation, asked: searches, counts, distinct values, all of its documents."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from elasticsearch import Elasticsearch

from servers.elastic.documents import document_id, record
from servers.elastic.errors import Gone, innermost
from servers.elastic.mapping import Json
from servers.elastic.queries import EVERYTHING
from servers.index import IndexUnreadable
from servers.records import AnyRecord, Kind

MOST = 10_000
"""Hits of one search, at most."""
MOST_VALUES = 60_000
"""Distinct values in one answer; Elasticsearch refuses to give more than 65,536."""
_SECONDS = 30
"""After which a search is given up: half an answer would look like a whole one."""
_BATCH = 1_000

Answer = Mapping[str, Any]


class Reading:
    """Safe to use from several threads."""

    def __init__(self, client: Elasticsearch, index: str, kind: Kind) -> None:
        self._client = client
        self._index = index
        self._kind: Kind = kind

    def search(self, body: Json) -> Answer:
        return self.searches([body])[0]

    def searches(self, bodies: Sequence[Json]) -> list[Answer]:
        """Answers in order, in one round trip. Raises what the first failed one raises."""
        if not bodies:
            return []
        header = {
            "index": self._index,
            "search_type": "dfs_query_then_fetch",  # else each shard scores by its own words
            "allow_partial_search_results": False,
        }
        lines = [line for body in bodies for line in (header, {**body, "timeout": f"{_SECONDS}s"})]
        return [_whole(answer) for answer in self._client.msearch(searches=lines)["responses"]]

    def count(self, query: Json) -> int:
        return self.search({"query": query, "size": 0, "track_total_hits": True})["hits"]["total"][
            "value"
        ]

    def holds(self, query: Json) -> bool:
        body: Json = {"query": query, "size": 0, "terminate_after": 1, "track_total_hits": 1}
        return self.search(body)["hits"]["total"]["value"] > 0

    def values(self, field: str) -> list[tuple[str, int]]:
        """Its distinct values with their numbers of records, all of them, most frequent first."""
        parts = 1
        while True:
            found: list[tuple[str, int]] = []
            left = 0
            for part in range(parts):
                answer = self._values(field, part, parts)
                found += [(each["key"], each["doc_count"]) for each in answer["buckets"]]
                left += answer["sum_other_doc_count"]
            if not left:
                return sorted(found, key=lambda each: (-each[1], each[0]))
            parts *= 4

    def _values(self, field: str, part: int, parts: int) -> Answer:
        asked: Json = {"field": field, "size": MOST_VALUES}
        if parts > 1:
            asked["include"] = {"partition": part, "num_partitions": parts}
        aggs: Json = {"values": {"terms": asked}}
        return self.search({"size": 0, "aggs": aggs})["aggregations"]["values"]

    def records(self, ids: Sequence[str]) -> list[AnyRecord]:
        """Those that exist, in the order of `ids`."""
        found: list[AnyRecord] = []
        for at in range(0, len(ids), _BATCH):
            names = [document_id(each) for each in ids[at : at + _BATCH]]
            answer = self._client.mget(index=self._index, ids=names, source_includes=["record"])
            found += [record(self._kind, doc["_source"]) for doc in answer["docs"] if doc["found"]]
        return found

    def each(self, query: Json = EVERYTHING, source: Sequence[str] = ()) -> Iterator[Answer]:
        """All hits by id: each with `id`, and the fields of its document that are named."""
        body: Json = {
            "query": query,
            "size": _BATCH,
            "sort": [{"id": "asc"}],
            "_source": list(source) or False,
            "track_total_hits": False,
        }
        while hits := self.search(body)["hits"]["hits"]:
            for hit in hits:
                yield {"id": hit["sort"][0], **hit.get("_source", {})}
            body["search_after"] = hits[-1]["sort"]


def _whole(answer: Answer) -> Answer:
    if answer["status"] == 404:
        raise Gone(innermost(answer["error"]))
    if "error" in answer:
        raise IndexUnreadable(f"Elasticsearch refused the search: {innermost(answer['error'])}")
    if answer["timed_out"]:
        raise IndexUnreadable(
            f"The search took longer than {_SECONDS} s and was given up. Ask for less, or see to "
            "the cluster."
        )
    return answer
