"""Keeps tests off the network and off the user's own settings, and finds the data sets."""

import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

HOME = pytest.StashKey[str]()
TEST_DATA = "PRODUCTRESEARCH_TEST_DATA"
TEST_MODEL = "PRODUCTRESEARCH_TEST_MODEL"


class NetworkRefused(BaseException):
    """A test reached for the network.

    A BaseException, so that code which turns connection errors into answers cannot hide it.
    """


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fail-on-skip", action="store_true", help="a skipped test is a failed one")


def pytest_configure(config: pytest.Config) -> None:
    """Before any module is imported, since settings may be read at import."""
    for name in list(os.environ):
        if name.startswith(("PRODUCTRESEARCH_", "OPENAI_")) and name not in (TEST_DATA, TEST_MODEL):
            del os.environ[name]
    home = config.stash[HOME] = tempfile.mkdtemp(prefix="productresearch-home-")
    os.environ["HOME"] = os.environ["USERPROFILE"] = home
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        os.environ[f"XDG_{kind}_HOME"] = str(Path(home, kind.lower()))
    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, _loopback_only(getattr(socket.socket, name)))
    socket.getaddrinfo = _known_names_only(socket.getaddrinfo)


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[HOME], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for fixture, marker in (("test_data", "data"), ("test_model", "model")):
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(marker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and item.config.getoption("--fail-on-skip"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and --fail-on-skip was given: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data sets; a test that asks for it is marked `data`."""
    if TEST_DATA not in os.environ:
        pytest.skip(f"{TEST_DATA} names no folder of data sets")
    folder = Path(os.environ[TEST_DATA])
    assert folder.is_dir(), f"{TEST_DATA} is not a folder: {folder}"
    return folder


@pytest.fixture(scope="session")
def test_model() -> Path:
    """The folder of a real small model; a test that asks for it is marked `model`."""
    if TEST_MODEL not in os.environ:
        pytest.skip(f"{TEST_MODEL} names no folder with a model (`productresearch finetune model`)")
    folder = Path(os.environ[TEST_MODEL])
    assert folder.is_dir(), f"{TEST_MODEL} is not a folder: {folder}"
    return folder


def _loopback_only(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise NetworkRefused(f"a test connected to {address}")
        return connect(self, address)

    return guarded


def _known_names_only(getaddrinfo: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None and not _is_loopback(host):
            raise NetworkRefused(f"a test looked up {host!r}")
        return getaddrinfo(host, *args, **kwargs)

    return guarded


def _is_loopback(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
