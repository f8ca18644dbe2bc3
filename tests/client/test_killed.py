"""Runs that are killed for real, at random points, and resumed."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from client import runs
from tests.client.scripted import CALLS, PLAN, REPORT
from tests.client.shop import build_shop
from tests.fakes import scripted_model

QUESTION = "Which quiet kettle under £40?"
KILLS = 50
TURNS: list[Any] = [
    PLAN.model_dump_json(),
    list(CALLS[0]),
    list(CALLS[1]),
    "That is enough.",
    REPORT.replace("[p2.price]", "£35.10", 1),
    REPORT,
]


def next_turn(request: dict[str, Any]) -> Any:
    """What the model says next, by what it has said so far: it keeps no state of its own."""
    asked = request["messages"]
    said = sum(turn["role"] == "assistant" for turn in asked)
    return TURNS[min(said, len(TURNS) - 1)]


@contextmanager
def served(calls: list[str]) -> Generator[str]:
    app = build_shop(calls).http_app()
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            running.should_exit = True
            thread.join()


class _Program:
    def __init__(self, model: str, pipe: Path) -> None:
        self.pipe = pipe
        os.mkfifo(pipe)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.client.killable"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "OPENAI_BASE_URL": model, "OPENAI_API_KEY": "k"},
        )

    def run(self, *arguments: str, kill_after: int = -1) -> bytes:
        """What it said on stderr; killed as soon as it has said so many bytes."""
        process = self.process
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps([str(self.pipe), *arguments]).encode() + b"\n")
        process.stdin.flush()
        pid = int(process.stdout.readline())
        with self.pipe.open("rb", buffering=0) as said:
            heard = b""
            while piece := said.read(kill_after - len(heard) if kill_after > 0 else -1):
                heard += piece
                if len(heard) == kill_after:
                    os.kill(pid, signal.SIGKILL)
                    break
        assert process.stdout.readline() == b"ended\n"
        return heard


@contextmanager
def forks(model: str, pipe: Path) -> Generator[_Program]:
    program = _Program(model, pipe)
    try:
        yield program
    finally:
        program.process.kill()
        program.process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_fifty_kills_change_no_report_and_repeat_no_recorded_call(tmp_path: Path) -> None:
    """A run is killed up to six times over before it may come to its end."""
    chance = random.Random(20261124)
    calls: list[str] = []
    with (
        scripted_model(next_turn) as model,
        served(calls) as server,
        forks(model.url, tmp_path / "said") as program,
    ):
        options = ("--server", server, "--model", "scripted", "--supervisor-model", "none")
        said = program.run(QUESTION, *options, "--out", str(tmp_path / "whole"))
        reports = _reports(tmp_path / "whole")
        kills = 0
        while kills < KILLS:
            out = tmp_path / f"run-{kills}"
            for last in (*[False] * min(chance.randint(1, 6), KILLS - kills), True):
                known, made = _observed(out), len(calls)
                begun = ("--resume", str(out)) if known is not None else (QUESTION, *options)
                after = -1 if last else chance.randrange(1, len(said))
                program.run(*begun, "--out", str(out), kill_after=after)
                assert (known or set()).isdisjoint(calls[made:])
                kills += not last
            assert _reports(out) == reports


def _observed(folder: Path) -> set[str] | None:
    """The tools whose results are recorded; None where the run has not begun."""
    kept = folder / "trajectory.jsonl"
    if not kept.is_file() or b"\n" not in kept.read_bytes():
        return None
    return {o.name for o in runs.read(folder).observations}


def _reports(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("report.md", "report.json")]
