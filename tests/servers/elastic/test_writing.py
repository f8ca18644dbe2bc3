"""What is promised of writes, beside what every engine must do."""

import socket
from collections.abc import Generator, Iterable
from contextlib import closing
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from servers.elastic.address import parse_address
from servers.elastic.index import open_index
from servers.elastic.writer import open_writer
from servers.index import IndexMissing, IndexUnreadable, Query
from servers.indexing import index_sources
from servers.records import AnyRecord, Product, Review
from servers.setup.doctor import checks
from servers.setup.health import OK

LAMPS = [Product(id=f"lamp{at}", title=f"Lamp {at}") for at in range(30)]


@pytest.fixture
def client(elasticsearch: str) -> Generator[Elasticsearch]:
    with Elasticsearch(elasticsearch) as client:
        yield client


def write(place: str, records: Iterable[AnyRecord]) -> None:
    writer = open_writer(place)
    writer.add(records)
    writer.commit()


def indices(client: Elasticsearch, place: str) -> list[str]:
    return sorted(client.indices.get_alias(index=f"{parse_address(place).prefix}-*"))


def test_where_nothing_was_indexed_the_command_is_said(place: str) -> None:
    with pytest.raises(IndexMissing, match="productresearch index SOURCE --index"):
        open_index(place)


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with pytest.raises(IndexUnreadable, match="cannot be reached"):
        open_index(f"http://127.0.0.1:{port}/shop")


def test_a_source_is_indexed_and_the_doctor_finds_it_well(place: str, tmp_path: Path) -> None:
    shop = tmp_path / "shop.csv"
    shop.write_text("id,title,price\na,Green lamp,12.50\nb,Red lamp,13.50\nc,,1\n")
    done = index_sources([shop], place, rejects=tmp_path / "rejects.jsonl")
    assert (done.added, done.rejected, done.now) == (2, 1, {"product": 2})
    again = index_sources([shop], place, rejects=tmp_path / "rejects.jsonl")
    assert (again.added, again.replaced, again.snapshot) == (0, 2, done.snapshot)
    by_name = {check.name: check for check in checks(place, {})}
    assert by_name["index"].state == OK
    assert "2 products" in by_name["index"].said
    assert "written 0 days ago" in by_name["index"].said


def test_an_abandoned_write_leaves_everything_as_it_was(place: str, client: Elasticsearch) -> None:
    write(place, LAMPS)
    before = indices(client, place)
    writer = open_writer(place)
    writer.add(Review(id=f"r{at}", product_id="lamp1", text="Fine.") for at in range(3_000))
    assert indices(client, place) != before
    writer.abandon()
    assert indices(client, place) == before
    with closing(open_index(place)) as index:
        assert index.counts() == {"product": len(LAMPS)}


def test_of_two_writes_at_once_the_first_stands_and_the_other_is_told(place: str) -> None:
    write(place, LAMPS[:10])
    first, second = open_writer(place), open_writer(place)
    first.add(LAMPS[10:20])
    second.add(LAMPS[20:])
    first.commit()
    with pytest.raises(IndexUnreadable, match="Another process"):
        second.commit()
    second.abandon()
    with closing(open_index(place)) as index:
        assert index.counts() == {"product": 20}


def test_a_reader_outlives_many_writes(place: str) -> None:
    write(place, LAMPS[:1])
    with closing(open_index(place)) as index:
        for at in range(1, 5):
            write(place, [LAMPS[at]])
            assert index.search(Query("product", "lamp")).total == at + 1


def test_the_aliases_hold_whole_catalogs_and_old_indices_go(
    place: str, client: Elasticsearch
) -> None:
    alias = f"{parse_address(place).prefix}-product"
    for part in (LAMPS, LAMPS[:2], [Product(id="new", title="New lamp")]):
        write(place, part)
    assert client.count(index=alias)["count"] == len(LAMPS) + 1
    assert len(indices(client, place)) == 3  # meta, this generation and the one before


def test_an_index_of_another_program_is_left_alone(place: str, client: Elasticsearch) -> None:
    theirs = f"{parse_address(place).prefix}-product"
    client.index(index=theirs, id="1", document={"name": "theirs"}, refresh=True)
    with pytest.raises(IndexUnreadable, match="another program"):
        open_writer(place)
    assert client.count(index=theirs)["count"] == 1
    assert indices(client, place) == [theirs]


def test_long_ids_names_and_words_are_taken(place: str) -> None:
    odd = Product(
        id="ü" * 200,
        title="w" * 40_000,
        brand="B" * 40_000,
        attributes={"k" * 5_000: ("v" * 40_000,)},
    )
    write(place, [*LAMPS, odd])
    with closing(open_index(place)) as index:
        assert index.get("product", [odd.id]) == {odd.id: odd}
        assert index.counts() == {"product": len(LAMPS) + 1}
