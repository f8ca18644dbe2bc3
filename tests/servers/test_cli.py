import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(sys.executable).with_name("productresearch")


def run(*arguments: object, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.defpath, "HOME": str(home), "USERPROFILE": str(home)}
    return subprocess.run(
        [PROGRAM, *map(str, arguments)],
        cwd=home,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    path = tmp_path / "shop.csv"
    path.write_text("id,title,price\na,Red lamp,12.50\nb,Blue lamp,£9.99\nc,,3.00\n")
    return path


def indexed(shop: Path, *more: object) -> Any:
    done = run("index", shop, "--index", shop.parent / "idx", "--json", *more, home=shop.parent)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_indexing_twice_counts_exactly_and_doubles_nothing(shop: Path):
    first = indexed(shop)
    assert (first["read"], first["added"], first["replaced"]) == ({"product": 2}, 2, 0)
    assert first["rejected"] == 1
    (reject,) = map(json.loads, Path(first["rejects_file"]).read_text().splitlines())
    assert (reject["line"], reject["field"]) == (4, "title")
    shop.write_text("id,title,price\na,Green lamp,12.50\n")
    second = indexed(shop)
    assert (second["added"], second["replaced"], second["removed"]) == (0, 1, 0)
    assert second["now"] == {"product": 2}
    assert second["rejects_file"] is None
    pruned = indexed(shop, "--prune")
    assert (pruned["removed"], pruned["now"]) == (1, {"product": 1})


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["index", "none.csv", "--index", "idx"], 1, "none.csv"),
        (["index", "shop.csv", "--mapping", "no-such", "--index", "idx"], 1, "no-such"),
        (["index", "shop.csv", "--index", "https://u:secret@host:9200/x"], 1, "folder"),
        (["index"], 2, "SOURCE"),
        (["serve", "--index", "nothing-here"], 1, "productresearch index"),
        (["serve", "--token-file", "x"], 2, "--http"),
        (["serve", "everything"], 2, "everything"),
        (["serve", "--web", "some"], 2, "--web"),
        (["serve", "web", "--web", "off"], 2, "without a tool"),
        (["serve", "--fetch", "any"], 2, "--web live"),
        (["install", "emacs"], 2, "emacs"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(shop: Path, arguments: list[str], code: int, said: str):
    done = run(*arguments, home=shop.parent)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr
    assert done.stdout == ""
    if code == 1:
        assert done.stderr.count("\n") == 1


def test_a_failed_run_leaves_the_old_index_in_use(shop: Path):
    indexed(shop)
    shop.write_text("")
    failed = run("index", shop, "--prune", "--index", shop.parent / "idx", home=shop.parent)
    assert failed.returncode == 1
    doctor = run("doctor", "--json", "--index", shop.parent / "idx", home=shop.parent)
    checks = {one["name"]: one for one in json.loads(doctor.stdout)}
    assert "2 products" in checks["index"]["said"]


def test_settings_come_from_flags_then_environment_then_the_users_file(shop: Path):
    home = shop.parent
    (home / ".config/productresearch").mkdir(parents=True)
    (home / ".config/productresearch/config.toml").write_text('index = "from-file"')
    (home / "config.toml").write_text('index = "from-here"')
    for environment, flags, used in (
        ({}, [], "from-file"),
        ({"PRODUCTRESEARCH_INDEX": "from-env"}, [], "from-env"),
        ({"PRODUCTRESEARCH_INDEX": "from-env"}, ["--index", "from-flag"], "from-flag"),
    ):
        printed = run("install", "--print", *flags, home=home, **environment)
        entry = json.loads(printed.stdout)["mcpServers"]["productresearch"]
        assert entry["args"] == ["serve", "all", "--index", str(home / used)]
        assert entry["command"] == str(PROGRAM)


def test_from_a_csv_to_a_configured_client_and_out_again(shop: Path):
    home = shop.parent
    assert run("index", shop, home=home).returncode == 0
    done = run("install", "cursor", home=home)
    assert done.returncode == 0, done.stderr
    entry = json.loads((home / ".cursor/mcp.json").read_text())["mcpServers"]["productresearch"]
    assert Path(entry["args"][-1]).is_dir()
    doctor = run("doctor", "--json", home=home)
    checks = {one["name"]: one for one in json.loads(doctor.stdout)}
    assert doctor.returncode == 0, doctor.stdout
    assert checks["cursor"]["said"].startswith("configured")
    assert checks["reviews"]["state"] == "warn"
    assert run("uninstall", "cursor", home=home).stdout.startswith("removed")
    assert json.loads((home / ".cursor/mcp.json").read_text()) == {"mcpServers": {}}


def test_doctor_fails_where_there_is_no_index_and_says_what_to_run(tmp_path: Path):
    done = run("doctor", "--index", tmp_path / "none", home=tmp_path)
    assert done.returncode == 1
    assert "Run: productresearch index SOURCE" in done.stdout
