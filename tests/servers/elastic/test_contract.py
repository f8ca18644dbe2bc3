"""The index in Elasticsearch does what every engine must do."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import ExitStack, closing

import pytest

from servers.elastic.index import ElasticIndex, open_index
from servers.elastic.writer import open_writer
from servers.records import AnyRecord, Kind
from tests.servers.elastic.nodes import new_place
from tests.servers.index_contract import *  # noqa: F403
from tests.servers.index_contract import PAGES, REVIEWS, SHOP


class Cluster:
    def __init__(self, place: str, opened: ExitStack) -> None:
        self.place = place
        self.opened = opened

    def write(self, records: Iterable[AnyRecord], prune: bool = False) -> Mapping[Kind, int]:
        writer = open_writer(self.place)
        writer.add(records)
        removed = writer.prune() if prune else {}
        writer.commit()
        return removed

    def open(self) -> ElasticIndex:
        return self.opened.enter_context(closing(open_index(self.place)))


@pytest.fixture
def engine(place: str) -> Generator[Cluster]:
    with ExitStack() as opened:
        yield Cluster(place, opened)


@pytest.fixture(scope="module")
def shop(elasticsearch: str) -> Generator[ElasticIndex]:
    """Written once: no test of the contract changes the shop, and making indices takes long."""
    with new_place(elasticsearch) as place, ExitStack() as opened:
        cluster = Cluster(place, opened)
        cluster.write((*SHOP, *REVIEWS, *PAGES))
        yield cluster.open()
