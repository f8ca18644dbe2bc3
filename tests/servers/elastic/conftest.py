"""One Elasticsearch a distribution for the whole session."""

import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.servers.elastic.nodes import new_place, node

URL, HOME = "ELASTICSEARCH_URL", "ELASTICSEARCH_HOME"
_MEMORY = Path("/dev/shm")
"""A node waits for the disk at each new index; here it need not."""


def _servers() -> list[str]:
    if URL in os.environ:
        return [os.environ[URL]]
    return [home for home in os.environ.get(HOME, "").split(":") if home] or [""]


@pytest.fixture(
    scope="session",
    params=[
        pytest.param(each, marks=pytest.mark.elasticsearch, id=Path(each).name or "none")
        for each in _servers()
    ],
)
def elasticsearch(request: pytest.FixtureRequest) -> Generator[str]:
    """The address of a running server."""
    named: str = request.param
    if not named:
        pytest.skip(f"neither {URL} nor {HOME} is set")
    if named.startswith("http"):
        yield named.rstrip("/")
        return
    with (
        tempfile.TemporaryDirectory(
            prefix="elasticsearch-",
            dir=_MEMORY if _MEMORY.is_dir() else None,
            ignore_cleanup_errors=True,
        ) as folder,
        node(Path(named), Path(folder)) as address,
    ):
        yield address


@pytest.fixture
def place(elasticsearch: str) -> Generator[str]:
    with new_place(elasticsearch) as place:
        yield place
