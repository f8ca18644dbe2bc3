import os
import subprocess
import sys
from pathlib import Path

import pytest

import productresearch
from servers.index import IndexMissing

PROGRAM = Path(sys.executable).with_name("productresearch")


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_version_goes_to_stdout(tmp_path: Path):
    shown = run("--version", folder=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.count(".") == 2


def test_an_unknown_command_is_bad_usage(tmp_path: Path):
    shown = run("serach", folder=tmp_path)
    assert shown.returncode == 2
    assert "serach" in shown.stderr
    assert shown.stdout == ""


def test_the_commands_of_every_folder_stand_at_the_top(tmp_path: Path):
    shown = run("--help", folder=tmp_path).stdout
    commands = ("index", "serve", "install", "uninstall", "doctor", "research", "demo")
    assert [each for each in commands if f"│ {each} " not in shown] == []


def test_a_file_that_is_not_there_is_one_line_on_stderr(tmp_path: Path):
    shown = run("index", "shop.csv", "--index", "here", folder=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr.startswith("productresearch: ")
    assert "shop.csv" in shown.stderr
    assert shown.stderr.count("\n") == 1


def test_the_current_folder_cannot_stand_in_for_the_program(tmp_path: Path):
    for folder in productresearch.FOLDERS:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("raise SystemExit('taken over')")
    shown = run("--version", folder=tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_reader_that_left_is_no_error_to_talk_about(option: str):
    gone, stdout = os.pipe()
    os.close(gone)
    with os.fdopen(stdout, "w") as pipe:
        shown = subprocess.run(
            [PROGRAM, option], stdout=pipe, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (shown.returncode, shown.stderr) == (1, "")


def test_an_error_of_ours_is_its_own_text_in_one_line():
    error = IndexMissing("no index at shop/:\n  run `productresearch index FILE` first")
    text = "no index at shop/: run `productresearch index FILE` first"
    assert productresearch.in_one_line(error) == text
    group = ExceptionGroup("in a task group", [ExceptionGroup("inner", [error])])
    assert productresearch.in_one_line(group) == text


def test_any_other_error_is_named_as_unexpected():
    text = productresearch.in_one_line(KeyError("price"))
    assert text == "unexpected KeyError: 'price' (PRODUCTRESEARCH_DEBUG=1 shows where)"
