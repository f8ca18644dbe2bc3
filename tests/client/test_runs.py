import json
from pathlib import Path

import pytest

from client import runs
from client.agent import Caps
from client.errors import BadRun
from client.trajectory import Ended, State, StopReason, TaskGiven, Trajectory
from tests.client.scripted import REPORT, Scripted
from tests.client.test_agent import TASK, research


async def finished(path: Path) -> Trajectory:
    whole = await research(Scripted())
    with runs.create(path) as folder:
        run = folder.begin(TASK)
        for event in whole.events[1:]:
            run = run.with_(event)
            folder.append(run, event)
        folder.finish(run, {"plan": "Plan it."})
    return run


async def test_a_run_is_read_back_as_it_was(tmp_path: Path) -> None:
    run = await finished(tmp_path / "run")
    assert runs.read(tmp_path / "run") == run
    names = {path.name for path in (tmp_path / "run").iterdir()}
    reports = {"report.md", "report.json", "report.html"}
    assert names == {"trajectory.jsonl", "manifest.json", "run.lock", *reports}


async def test_the_manifest_counts_calls_and_verdicts(tmp_path: Path) -> None:
    await finished(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["calls"] == {"search_catalog": 1, "search_reviews": 1, "get_product": 1}
    assert manifest["evidence"] == {"product": 4, "review": 2}
    assert manifest["stop_reason"] == "done"
    assert manifest["snapshot"] == "s1"
    nothing = {"tokens": 0, "cost": 0.0}
    assert manifest["states"]["acting"] == {
        "rounds": 3,
        "most_attempts": 1,
        "verdicts": 4,
        "accepted": 4,
        "forced": 0,
        "acceptance_rate": 1.0,
        "checks": {"code": {}, "model": {}},
        "corrections": 0,
        "researcher": nothing,
        "corrector": nothing,
        "supervisor": nothing,
    }
    assert set(manifest["prompts"]) == {"plan"}
    assert "Plan it." not in json.dumps(manifest)


async def test_of_refused_reports_the_one_with_least_against_it_is_kept() -> None:
    bad = REPORT.replace("[p2.price]", "£35.10", 1)
    worse = bad.replace("## Needs", "## Wants").replace("[p1.price]", "£99", 1)
    run = await research(Scripted(reports=(worse, bad, worse)), caps=Caps(report=2))
    assert [m.text for m in run.messages if m.state is State.WRITING] == [worse, bad, worse]
    assert runs.final_markup(run) == bad


async def test_each_event_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    whole = await research(Scripted())
    with runs.create(tmp_path) as folder:
        run = folder.begin(TASK)
        for event in whole.events[1:]:
            run = run.with_(event)
            folder.append(run, event)
            assert runs.read(tmp_path) == run


async def test_a_torn_last_line_is_dropped_and_written_over(tmp_path: Path) -> None:
    run = await finished(tmp_path)
    path = tmp_path / "trajectory.jsonl"
    whole = path.read_bytes()
    for torn in (whole[:-1], whole[:-20], whole + b'{"event": "mess'):
        path.write_bytes(torn)
        complete = torn.count(b"\n")
        assert runs.read(tmp_path).events == run.events[:complete]
        with runs.resume(tmp_path) as (folder, kept):
            assert kept.events == run.events[:complete]
            folder.append(kept, Ended(stop_reason=StopReason.INTERRUPTED))
        assert runs.read(tmp_path).events[-1] == Ended(stop_reason=StopReason.INTERRUPTED)
        assert len(runs.read(tmp_path).events) == complete + 1


async def test_a_spoilt_line_in_the_middle_is_named(tmp_path: Path) -> None:
    await finished(tmp_path)
    path = tmp_path / "trajectory.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    lines[2] = '{"event": "verdict", "state": "planning"}\n'
    path.write_text("".join(lines))
    with pytest.raises(BadRun, match=r"trajectory\.jsonl, line 3: no event of a run"):
        runs.read(tmp_path)


async def test_a_folder_that_holds_a_run_takes_no_other(tmp_path: Path) -> None:
    await finished(tmp_path)
    with pytest.raises(BadRun, match="--resume"), runs.create(tmp_path):
        pass


async def test_two_processes_do_not_write_one_run(tmp_path: Path) -> None:
    await finished(tmp_path)
    with (
        runs.resume(tmp_path),
        pytest.raises(BadRun, match="another process"),
        runs.resume(tmp_path),
    ):
        pass
    with runs.resume(tmp_path):
        pass


def test_a_folder_without_a_run_and_one_of_another_version_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match="holds no run"):
        runs.read(tmp_path)
    with pytest.raises(BadRun, match="holds no run"), runs.resume(tmp_path):
        pass
    path = tmp_path / "trajectory.jsonl"
    path.write_text(TaskGiven(question="a kettle", schema_version=99).model_dump_json() + "\n")
    with pytest.raises(BadRun, match="form 99"):
        runs.read(tmp_path)
    path.write_text(Ended(stop_reason=StopReason.DONE).model_dump_json() + "\n")
    with pytest.raises(BadRun, match="does not begin with a task"):
        runs.read(tmp_path)


def test_a_place_where_no_folder_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRun, match="no folder can be made"), runs.create(tmp_path / "file" / "x"):
        pass


def test_a_run_without_a_draft_leaves_a_manifest_and_no_report(tmp_path: Path) -> None:
    with runs.create(tmp_path) as folder:
        run = folder.begin(TASK)
        assert folder.finish(run, {}) is None
    assert not (tmp_path / "report.md").exists()
    assert json.loads((tmp_path / "manifest.json").read_text())["stop_reason"] is None


def test_a_full_disk_is_said_and_what_is_there_is_kept(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with full.open("wb", buffering=0) as events:
        folder = runs.RunFolder(tmp_path, events)
        with pytest.raises(BadRun, match=r"cannot be written .*No space left"):
            folder.begin(TASK)
