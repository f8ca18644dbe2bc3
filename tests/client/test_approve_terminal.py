"""--approve-plan, at a real terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from client.runs import read
from client.toolbox import own_program
from client.trajectory import Ended, StopReason
from tests.client.test_killed import served

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")


class Terminal:
    """Runs a question in a terminal; `answers` are typed as it asks for them."""

    def __init__(self, server: str, out: Path, editor: Path) -> None:
        self.screen, inside = pty.openpty()
        command = [*own_program(), "research", "a kettle under £40", "--approve-plan"]
        self.process = subprocess.Popen(
            [*command, "--server", server, "--out", str(out)],
            stdin=inside,
            stdout=subprocess.PIPE,
            stderr=inside,
            env={**os.environ, "VISUAL": str(editor), "TERM": "xterm"},
        )
        os.close(inside)

    def until(self, words: str) -> str:
        shown = b""
        while words.encode() not in shown:
            shown += os.read(self.screen, 1024)
        return shown.decode(errors="replace")

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def left(self) -> tuple[int, str]:
        try:
            while os.read(self.screen, 1024):
                pass
        except OSError:  # how Linux says that the other side is closed
            pass
        assert self.process.stdout
        printed = self.process.stdout.read().decode()
        self.process.stdout.close()
        os.close(self.screen)
        return self.process.wait(), printed


def editor(folder: Path, script: str) -> Path:
    path = folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_plan_is_edited_in_the_editor_and_followed(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with served([]) as server:
        changed = editor(
            tmp_path, """sed -i 's/^wanted: .*/wanted: 1/' "$1"; echo 'wish: red' >> "$1" """
        )
        terminal = Terminal(server, out, changed)
        assert "must: under £40" in terminal.until("q = stop]")
        terminal.type("e\n")
        assert "wish: red" in terminal.until("q = stop]")
        terminal.type("\n")
        code, printed = terminal.left()
    assert code == 0
    assert "## Recommendation" in printed
    run = read(out)
    plans = [m for m in run.messages if m.state == "planning"]
    assert plans[-1].author == "user"
    assert plans[-1].plan
    assert plans[-1].plan.wanted == 1
    assert plans[-1].plan.needs[-1].text == "red"


def test_a_plan_that_cannot_be_read_says_where_and_is_asked_for_again(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with served([]) as server:
        terminal = Terminal(server, out, editor(tmp_path, """echo 'nonsense' > "$1" """))
        terminal.until("q = stop]")
        terminal.type("e\n")
        assert "line 1 ('nonsense')" in terminal.until("q = stop]")
        terminal.type("q\n")
        code, printed = terminal.left()
    assert (code, printed) == (3, "")
    assert read(out).ended == Ended(
        stop_reason=StopReason.INTERRUPTED, detail="the plan was not approved"
    )
