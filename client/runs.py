"""Run folders: what a run leaves on disk, and what a resumed one starts from.

trajectory.jsonl  every event, one a line, written before the next thing happens and on disk
                  before a model or a tool is asked
report.md, report.json, report.html, manifest.json  written whole or not at all
run.lock  held while a process writes the run
"""

import asyncio
import hashlib
import importlib.metadata
import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import IO, Any

from pydantic import TypeAdapter, ValidationError

from client.budget import Spent
from client.errors import BadRun
from client.pages.report import report_page
from client.report import render
from client.trajectory import (
    SCHEMA_VERSION,
    Event,
    State,
    StopReason,
    TaskGiven,
    Trajectory,
    Usage,
    Verdict,
)

TRAJECTORY = "trajectory.jsonl"
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_LIBRARIES = ("productresearch", "fastmcp", "mcp", "openai", "pydantic")


class RunFolder:
    """One run on disk. Open it with `create` or `resume`, which hold its lock."""

    def __init__(self, path: Path, events: FileIO) -> None:
        self.path = path
        self._events = events
        self._settled = True

    def begin(self, task: TaskGiven) -> Trajectory:
        run = Trajectory(events=(task,))
        self.append(run, task)
        return run

    def append(self, run: Trajectory, event: Event) -> None:
        """The event survives this process when this returns, and the machine once `settle` has.
        Raises BadRun where the disk takes no more."""
        left = memoryview(event.model_dump_json().encode() + b"\n")
        with _writing(self.path / TRAJECTORY):
            while left:
                left = left[self._events.write(left) :]
        self._settled = False

    async def settle(self) -> None:
        """All events are on disk when this returns; other runs go on meanwhile."""
        if not self._settled:
            with _writing(self.path / TRAJECTORY):
                await asyncio.to_thread(os.fsync, self._events.fileno())
            self._settled = True

    def finish(self, run: Trajectory, prompts: dict[str, str]) -> str | None:
        """Writes report and manifest; the report's Markdown, or None where no draft was written.

        `prompts`: text by name; the manifest keeps their digests."""
        os.fsync(self._events.fileno())
        markdown = None
        if final := final_markup(run):
            reason = run.ended.stop_reason if run.ended else StopReason.INTERRUPTED
            markdown, report = render(run, final, reason)
            _write(self.path / "report.md", markdown)
            _write(self.path / "report.html", report_page(run, final, markdown, report))
            _write(self.path / "report.json", report.model_dump_json(indent=2) + "\n")
        _write(self.path / "manifest.json", json.dumps(manifest(run, prompts), indent=2) + "\n")
        return markdown


def final_markup(run: Trajectory) -> str | None:
    """The draft of the report that was accepted; of drafts that none was, the last of those with
    the least against them."""
    drafts = [m for m in run.messages if m.state is State.WRITING]
    if not drafts:
        return None
    against = {v.message_id: _refusals(v) for v in run.verdicts if v.state is State.WRITING}
    unjudged = max(against.values(), default=0)
    return min(reversed(drafts), key=lambda m: against.get(m.id, unjudged)).text


def _refusals(verdict: Verdict) -> int:
    return sum(check.severity == "refuse" for check in verdict.checks)


@contextmanager
def create(path: Path) -> Generator[RunFolder]:
    """A folder for a new run, which must hold none; its first event is the task. Raises BadRun."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadRun(f"{path}: no folder can be made there ({error.strerror})") from error
    with _locked(path), (path / TRAJECTORY).open("ab", buffering=0) as events:
        if events.tell():
            raise BadRun(f"{path} holds a run already: --resume {path}, or name another folder")
        yield RunFolder(path, events)


@contextmanager
def resume(path: Path) -> Generator[tuple[RunFolder, Trajectory]]:
    """The run in `path` as far as it is recorded. Raises BadRun."""
    if not (path / TRAJECTORY).is_file():
        raise BadRun(f"{path} holds no run (no {TRAJECTORY})")
    with _locked(path):
        run, whole = _read(path / TRAJECTORY)
        with (path / TRAJECTORY).open("ab", buffering=0) as events:
            # A line that a killed process left half written would spoil the next one.
            events.truncate(whole)
            yield RunFolder(path, events), run


def read(path: Path) -> Trajectory:
    """The run in a folder, without its lock. Raises BadRun."""
    if not (path / TRAJECTORY).is_file():
        raise BadRun(f"{path} holds no run (no {TRAJECTORY})")
    return _read(path / TRAJECTORY)[0]


def _read(path: Path) -> tuple[Trajectory, int]:
    """The events, and how many bytes of the file they take."""
    *lines, _torn = path.read_bytes().split(b"\n")
    events = [_event(path, number, line) for number, line in enumerate(lines, 1)]
    if not events or not isinstance(events[0], TaskGiven):
        raise BadRun(f"{path} does not begin with a task; start a new run")
    if events[0].schema_version != SCHEMA_VERSION:
        raise BadRun(
            f"{path} was written in form {events[0].schema_version}, this program reads"
            f" {SCHEMA_VERSION}"
        )
    return Trajectory(events=tuple(events)), sum(len(line) + 1 for line in lines)


def _event(path: Path, number: int, line: bytes) -> Event:
    try:
        return _EVENT.validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRun(f"{path}, line {number}: no event of a run ({where} {first['msg']})") from None


def _write(path: Path, text: str) -> None:
    """Whole or not at all, also when the machine stops in between."""
    part = path.with_name(f".{path.name}.part")
    with _writing(path), part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


@contextmanager
def _writing(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise BadRun(
            f"{path} cannot be written ({error.strerror}); what is there is kept:"
            f" --resume {path.parent}"
        ) from error


@contextmanager
def _locked(path: Path) -> Generator[None]:
    with (path / "run.lock").open("a+b") as file:
        try:
            _lock(file)
        except OSError as error:
            raise BadRun(f"another process is writing the run in {path}") from error
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        """Goes with the process, however that ends."""
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


# The manifest


def manifest(run: Trajectory, prompts: dict[str, str]) -> dict[str, Any]:
    """What a run was made with and what it took. Never a secret: settings hold none."""
    spent = Spent.by(run)
    return {
        "schema_version": SCHEMA_VERSION,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **_versions()},
        "question": run.task.question,
        "settings": run.task.settings,
        "snapshot": next((s for s in _snapshots(run) if s), None),
        "stop_reason": run.ended.stop_reason if run.ended else None,
        "detail": run.ended.detail if run.ended else "",
        "calls": dict(Counter(o.name for o in run.observations)),
        "failed_calls": sum(not o.ok for o in run.observations),
        "evidence": dict(Counter(e.kind for e in run.evidence.values())),
        "states": {state.value: _in_state(run, state) for state in State},
        "seconds": round(spent.seconds, 3),
        "tokens": spent.tokens,
        "cost": spent.cost,
        "currency": spent.currency or None,
        "prompts": {name: _digest(text) for name, text in sorted(prompts.items())},
    }


def _versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _snapshots(run: Trajectory) -> Generator[Any]:
    yield from ((o.result or {}).get("snapshot") for o in reversed(run.observations))


def _in_state(run: Trajectory, state: State) -> dict[str, Any]:
    """How the drafts of one state fared: `acceptance_rate` is of verdicts that were not forced."""
    drafts = [m for m in run.messages if m.state is state]
    verdicts = [v for v in run.verdicts if v.state is state]
    sound = sum(v.decision == "accept" and not v.forced for v in verdicts)
    checks = [check for verdict in verdicts for check in verdict.checks]
    layers = {"code": [c for c in checks if c.by == "code"]}
    layers["model"] = [c for c in checks if c.by == "model"]
    return {
        "rounds": len(drafts),
        "most_attempts": max((m.attempt for m in drafts), default=0),
        "verdicts": len(verdicts),
        "accepted": sum(v.decision == "accept" for v in verdicts),
        "forced": sum(v.forced for v in verdicts),
        "acceptance_rate": round(sound / len(verdicts), 3) if verdicts else None,
        "checks": {by: dict(Counter(c.code for c in found)) for by, found in layers.items()},
        "corrections": sum(m.author == "corrector" for m in drafts),
        "researcher": _took(m.usage for m in drafts if m.author == "researcher"),
        "corrector": _took(m.usage for m in drafts if m.author == "corrector"),
        "supervisor": _took(v.usage for v in verdicts),
    }


def _took(usages: Iterable[Usage | None]) -> dict[str, float | None]:
    used = [usage for usage in usages if usage]
    costs = [usage.cost for usage in used]
    return {
        "tokens": sum(usage.input_tokens + usage.output_tokens for usage in used),
        "cost": None if None in costs else sum(cost or 0.0 for cost in costs),
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
