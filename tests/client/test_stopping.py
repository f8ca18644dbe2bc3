"""Ctrl-C, in a real process."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from client.runs import read
from client.toolbox import own_program
from client.trajectory import Ended, StopReason
from tests.client.scripted import CALLS, PLAN, REPORT
from tests.client.test_killed import served
from tests.fakes import Said, scripted_model

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")


class Impatient:
    """Answers as a model does. Presses Ctrl-C when it is asked for a second turn of calls, and
    `twice` where the report is asked for then; its own answer stalls then."""

    def __init__(self, twice: bool = False) -> None:
        self.presses = 2 if twice else 1
        self.started = threading.Event()
        self.pid = 0

    def reply(self, request: dict[str, Any]) -> Any:
        looked_up = any(turn["role"] == "tool" for turn in request["messages"])
        if request.get("tool_choice") == "none":
            self.press()
            return REPORT
        if looked_up and self.presses:
            self.press()
            return Said("I was about to", stops="stall")
        if looked_up:
            return "That is enough."
        return list(CALLS[0]) if "tools" in request else PLAN.model_dump_json()

    def press(self) -> None:
        if self.presses:
            self.presses -= 1
            self.started.wait()
            os.kill(self.pid, signal.SIGINT)

    def run(self, out: Path, server: str, model: str) -> tuple[int, str, str]:
        options = ("--server", server, "--model", "m", "--supervisor-model", "none")
        with subprocess.Popen(
            [*own_program(), "research", "Which kettle?", *options, "--out", str(out)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "OPENAI_BASE_URL": model},
            text=True,
        ) as process:
            self.pid = process.pid
            self.started.set()
            stdout, stderr = process.communicate()
        return process.returncode, stdout, stderr


def test_the_first_ctrl_c_writes_the_report_with_what_there_is(tmp_path: Path) -> None:
    person = Impatient()
    with scripted_model(person.reply) as model, served([]) as server:
        code, stdout, stderr = person.run(tmp_path, server, model.url)
    assert code == 3, stderr
    assert "Finishing with what there is" in stderr
    assert "## Recommendation" in stdout
    run = read(tmp_path)
    assert run.ended == Ended(stop_reason=StopReason.INTERRUPTED)
    assert len(run.observations) == 1


def test_the_second_ctrl_c_stops_and_the_run_goes_on_later(tmp_path: Path) -> None:
    person = Impatient(twice=True)
    with scripted_model(person.reply) as model, served([]) as server:
        code, stdout, stderr = person.run(tmp_path, server, model.url)
        assert (code, stdout) == (1, "")
        assert f"--resume {tmp_path}" in stderr
        assert "Traceback" not in stderr
        run = read(tmp_path)
        assert run.ended == Ended(stop_reason=StopReason.INTERRUPTED)
        done = subprocess.run(
            [*own_program(), "research", "--resume", str(tmp_path), "-q"],
            capture_output=True,
            env={**os.environ, "OPENAI_BASE_URL": model.url},
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert b"## Recommendation" in done.stdout
