"""The guards of conftest.py guard: otherwise a test could reach the network or a real key."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

SOME_ADDRESS = ("192.0.2.1", 80)  # TEST-NET-1 (RFC 5737): never routed
REPOSITORY = Path(__file__).parent.parent


def refused(excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
    return type(excinfo.value).__name__ == "NetworkRefused"


def test_a_connection_beyond_loopback_is_refused():
    with socket.socket() as connection, pytest.raises(BaseException, match=r"192\.0\.2\.1") as e:
        connection.connect(SOME_ADDRESS)
    assert refused(e)


def test_a_name_on_the_network_is_not_looked_up():
    with pytest.raises(BaseException, match=r"shop\.example") as e:
        socket.create_connection(("shop.example", 80))
    assert refused(e)


async def test_the_guard_holds_under_asyncio():
    import asyncio

    with pytest.raises(BaseException, match=r"192\.0\.2\.1") as e:
        await asyncio.open_connection(*SOME_ADDRESS)
    assert refused(e)


def test_loopback_is_open():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_tests_see_neither_keys_nor_the_folders_of_the_user(tmp_path: Path):
    (tmp_path / "test_inner.py").write_text(
        "import os, platformdirs\n"
        "def test_inner():\n"
        "    assert 'OPENAI_API_KEY' not in os.environ\n"
        "    assert 'PRODUCTRESEARCH_INDEX' not in os.environ\n"
        "    assert 'productresearch-home-' in platformdirs.user_data_dir('productresearch')\n"
    )
    keys = {"OPENAI_API_KEY": "secret", "PRODUCTRESEARCH_INDEX": "http://192.0.2.1"}
    run = inner_pytest(tmp_path / "test_inner.py", environment=keys)
    assert run.returncode == 0, run.stdout
    assert "productresearch-home-" in platformdirs.user_config_dir("productresearch")


def test_a_skip_fails_where_nothing_may_be_skipped(tmp_path: Path):
    file = tmp_path / "test_inner.py"
    file.write_text("def test_inner(test_data): pass\n")
    assert inner_pytest(file).returncode == 0
    strict = inner_pytest(file, "--fail-on-skip")
    assert strict.returncode == 1
    assert "PRODUCTRESEARCH_TEST_DATA names no folder" in strict.stdout


def test_a_test_that_uses_the_data_sets_is_marked(tmp_path: Path):
    file = tmp_path / "test_inner.py"
    file.write_text("def test_inner(test_data): pass\n")
    assert "1 deselected" in inner_pytest(file, "-m", "not data").stdout


def inner_pytest(
    file: Path, *options: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs `file` in another process under this suite's conftest.py."""
    clean = {k: v for k, v in os.environ.items() if k != "PRODUCTRESEARCH_TEST_DATA"}
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-c",
            "pyproject.toml",
            "-p",
            "tests.conftest",
            *options,
            str(file),
        ],
        cwd=REPOSITORY,
        env=clean | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
