"""The index of a place: a folder of this machine, or a prefix of an Elasticsearch."""

import re
from pathlib import Path

from servers.elastic.address import parse_address
from servers.embedded import index as embedded_index
from servers.embedded import writer as embedded_writer
from servers.index import Index, IndexWriter
from servers.settings import BadSettings, Place, default_index


def open_index(place: Place) -> Index:
    """Raises IndexMissing, IndexUnreadable, BadSettings."""
    if isinstance(place, Path):
        return embedded_index.open_index(place)
    _need_client()
    from servers.elastic.index import open_index

    return open_index(place)


def open_writer(place: Place) -> IndexWriter:
    """Raises IndexUnreadable, BadSettings."""
    if isinstance(place, Path):
        return embedded_writer.open_writer(place)
    _need_client()
    from servers.elastic.writer import open_writer

    return open_writer(place)


def _need_client() -> None:
    try:
        import elasticsearch as elasticsearch
    except ImportError:
        raise BadSettings(
            "An index in Elasticsearch needs the Python package of that name. Install it with: "
            "pip install 'productresearch[elasticsearch]'"
        ) from None


def local_folder(place: Place) -> Path:
    """Where this machine keeps what belongs to the index and is not in it."""
    if isinstance(place, Path):
        return place
    address = parse_address(place)
    name = re.sub(r"[^a-z0-9.]+", "-", f"{address.host}-{address.prefix}".lower())
    return default_index().with_name(name)
