import os
from pathlib import Path

import pytest

from servers.setup.doctor import checks
from servers.setup.health import FAIL, OK, WARN, Check
from servers.setup.install import install
from tests.servers.toolshop import build_index


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    return tmp_path


def found(index: Path, **environment: str) -> dict[str, Check]:
    return {check.name: check for check in checks(str(index), environment)}


def test_a_whole_shop_is_ok(home: Path):
    build_index(home / "index").close()
    by_name = found(home / "index")
    assert by_name["index"].state == OK
    assert "16 products, 7 reviews, 2 pages" in by_name["index"].said
    assert FAIL not in {check.state for check in by_name.values()}


def test_what_is_missing_is_said_with_the_command_that_mends_it(home: Path):
    by_name = found(home / "none")
    assert by_name["index"].state == FAIL
    assert by_name["index"].to_do == f"Run: productresearch index SOURCE --index {home / 'none'}"
    assert "productresearch install cursor" in (by_name["cursor"].to_do or "")


def test_a_damaged_index_is_a_failure_and_no_traceback(home: Path):
    (home / "index").mkdir()
    (home / "index" / "somebody-elses.txt").write_text("x")
    assert found(home / "index")["index"].state == FAIL


def test_a_client_that_starts_a_program_that_is_gone_is_a_failure(home: Path):
    install("cursor", "productresearch", home / "gone" / "productresearch", home / "index")
    check = found(home / "index")["cursor"]
    assert check.state == FAIL
    assert "not there" in check.said


def test_a_client_that_serves_another_index_is_a_warning(home: Path):
    program = home / "productresearch"
    program.touch()
    install("cursor", "productresearch", program, home / "other")
    assert found(home / "index")["cursor"].state == WARN
    install("cursor", "productresearch", program, home / "index")
    assert found(home / "index")["cursor"].state == OK


def test_a_key_is_never_shown(home: Path):
    said = str(checks(str(home / "none"), {"OPENAI_API_KEY": "sk-secret"}))
    assert "OPENAI_API_KEY set" in said
    assert "sk-secret" not in said


def test_an_address_with_a_password_is_refused_and_not_shown(home: Path):
    said = str(checks("https://user:pass-word@search.example:9200/x", {}))
    assert "use an API key" in said
    assert "pass-word" not in said


def test_the_search_service_is_checked_as_well(home: Path):
    assert "BRAVE_API_KEY" in (found(home / "none")["live web"].to_do or "")
    assert found(home / "none", BRAVE_API_KEY="b-key")["live web"].state == OK


def test_what_was_fetched_makes_an_index_no_younger(home: Path):
    build_index(home / "index").close()
    (home / "index" / "web").mkdir()
    for path in (home / "index").iterdir():
        old = path.stat().st_mtime - (0 if path.name == "web" else 40 * 86_400)
        os.utime(path, (old, old))
    check = found(home / "index")["index"]
    assert check.state == WARN
    assert "written 40 days ago" in check.said
