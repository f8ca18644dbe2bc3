"""The embedded index does what every engine must do."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from servers.embedded.index import EmbeddedIndex, open_index
from servers.embedded.writer import open_writer
from servers.records import AnyRecord, Kind
from tests.servers.index_contract import *  # noqa: F403


class Folder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, records: Iterable[AnyRecord], prune: bool = False) -> Mapping[Kind, int]:
        writer = open_writer(self.path)
        writer.add(records)
        removed = writer.prune() if prune else {}
        writer.commit()
        return removed

    def open(self) -> EmbeddedIndex:
        return open_index(self.path)


@pytest.fixture
def engine(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "index")
