import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from client import runs
from client.agent import Caps, pursue
from client.budget import Budget
from client.report import render
from client.researcher import Researcher
from client.supervisor import CodeSupervisor, Unsupervised
from client.toolbox import open_toolbox
from client.trajectory import (
    Ended,
    Event,
    Message,
    Observation,
    Report,
    State,
    StopReason,
    TaskGiven,
    Trajectory,
    Verdict,
)
from tests.client.scripted import CALLS, PLAN, REPORT, Scripted
from tests.client.shop import build_shop

TASK = TaskGiven(question="Which quiet kettle under £40?")


async def research(
    researcher: Researcher,
    budget: Budget | None = None,
    caps: Caps | None = None,
    supervised: bool = True,
    start: Sequence[Event] = (TASK,),
    calls: list[str] | None = None,
    **more: Any,
) -> Trajectory:
    async with open_toolbox(build_shop(calls)) as toolbox:
        return await pursue(
            Trajectory(events=tuple(start)),
            researcher=researcher,
            supervisor=CodeSupervisor(toolbox) if supervised else Unsupervised(),
            toolbox=toolbox,
            record=lambda run, event: None,
            budget=budget,
            caps=caps,
            **more,
        )


def outline(run: Trajectory) -> list[str]:
    return [_outline(event) for event in run.events[1:]]


def _outline(event: Event) -> str:
    match event:
        case Message():
            calls = " ".join(call.id for call in event.tool_calls)
            return f"{event.state} {event.step}.{event.attempt} {calls}".strip()
        case Verdict():
            decided = "forced" if event.forced else event.decision
            codes = " ".join(c.code for c in event.checks if c.severity == "refuse")
            return f"{decided} {event.call_id or ''} {codes}".strip().replace("  ", " ")
        case Observation():
            return f"observed {event.call_id} {'ok' if event.ok else 'failed'}"
        case Ended():
            return f"ended: {event.stop_reason}"
        case _:
            return event.event


async def test_a_run_goes_from_plan_to_calls_to_report() -> None:
    run = await research(Scripted())
    assert outline(run) == [
        "planning 0.1",
        "accept",
        "acting 1.1 c1",
        "accept c1",
        "observed c1 ok",
        "acting 2.1 c2 c3",
        "accept c2",
        "accept c3",
        "observed c2 ok",
        "observed c3 ok",
        "acting 3.1",
        "accept",
        "writing 4.1",
        "accept",
        "ended: done",
    ]
    assert run.messages[-1].text == REPORT
    assert {a: e.id for a, e in run.evidence.items()} == {
        "p1": "shop:kettle-1",
        "p2": "shop:kettle-2",
        "p3": "shop:kettle-3",
        "p4": "shop:kettle-4",
        "r1": "shop:review-1",
        "r2": "shop:review-2",
    }


async def test_the_state_follows_from_the_events_alone() -> None:
    """At each event of a run, going on from there alone gives the same events."""
    whole = await research(Scripted())
    for length in range(1, len(whole.events) + 1):
        made: list[str] = []
        again = await research(Scripted(), start=whole.events[:length], calls=made)
        assert _rendered(again) == _rendered(whole)
        assert outline(again) == outline(whole)
        assert _without_times(again) == _without_times(whole)
        answered = sum(isinstance(e, Observation) for e in whole.events[:length])
        assert len(made) == 3 - answered


def _rendered(run: Trajectory) -> tuple[str, Report]:
    assert run.ended
    return render(run, run.messages[-1].text, run.ended.stop_reason)


def _without_times(run: Trajectory) -> list[Event]:
    return [
        e.model_copy(update={"seconds": 0.0}) if isinstance(e, Observation) else e
        for e in run.events
    ]


async def test_refused_calls_come_back_in_the_same_turn_in_which_accepted_ones_run() -> None:
    script = Scripted(
        calls=(
            [
                ("search_catalog", {"query": "kettle", "price_max": 40}),
                ("search_catalogue", {"query": "kettle"}),
                ("get_product", {"ids": ["p9"]}),
                ("search_catalog", {"query": "kettle", "colour": "red"}),
                ("search_catalog", {"query": "kettle", "price_max": 40}),
            ],
            *CALLS[1:],
        )
    )
    run = await research(script)
    assert outline(run)[2:10] == [
        "acting 1.1 c1 c2 c3 c4 c5",
        "accept c1",
        "revise c2 unknown_tool",
        "revise c3 unseen_alias",
        "revise c4 bad_arguments",
        "revise c5 repeated_call",
        "observed c1 ok",
        "acting 2.1 c6 c7",
    ]
    assert "search_catalog" in run.verdicts[2].checks[0].message


async def test_a_turn_of_refused_calls_alone_is_another_attempt_and_runs_at_the_cap() -> None:
    wrong = [[("search_catalog", {"text": f"kettle {n}"})] for n in range(3)]
    run = await research(Scripted(calls=(*wrong, *CALLS)))
    assert outline(run)[2:10] == [
        "acting 1.1 c1",
        "revise c1 bad_arguments",
        "acting 1.2 c2",
        "revise c2 bad_arguments",
        "acting 1.3 c3",
        "forced c3 bad_arguments",
        "observed c3 failed",
        "acting 2.1 c4",
    ]
    assert run.messages[2].supersedes == run.messages[1].id
    assert "query" in (run.observations[0].error or "")


async def test_a_plan_is_sent_back_until_it_is_sound_and_taken_at_the_cap() -> None:
    bad = PLAN.model_copy(update={"steps": PLAN.steps[:1]})
    run = await research(Scripted(plans=(bad, PLAN)))
    assert outline(run)[:4] == [
        "planning 0.1",
        "revise need_without_step",
        "planning 0.2",
        "accept",
    ]
    assert run.messages[1].supersedes == "m1"
    stubborn = await research(Scripted(plans=(None,)))
    assert outline(stubborn)[:6] == [
        "planning 0.1",
        "revise no_plan",
        "planning 0.2",
        "revise no_plan",
        "planning 0.3",
        "forced no_plan",
    ]


async def test_a_report_is_sent_back_and_forced_at_its_cap_with_the_checks_on_record() -> None:
    wrong = REPORT.replace("[p2.price]", "£35.10", 1)
    run = await research(Scripted(reports=(wrong, REPORT)))
    assert outline(run)[-5:] == [
        "writing 4.1",
        "revise value_differs",
        "writing 5.2",
        "accept",
        "ended: done",
    ]
    worse = f"{wrong}\nIn short, take the first."
    capped = await research(Scripted(reports=(wrong, worse)), caps=Caps(report=1))
    assert outline(capped)[-3:] == ["writing 5.2", "forced value_differs", "ended: done"]


async def test_a_draft_that_comes_back_unchanged_is_not_sent_back_again() -> None:
    wrong = REPORT.replace("[p2.price]", "£35.10", 1)
    run = await research(Scripted(reports=(wrong,)))
    assert outline(run)[-4:] == [
        "revise value_differs",
        "writing 5.2",
        "forced value_differs",
        "ended: done",
    ]


async def test_without_a_supervisor_nothing_is_sent_back() -> None:
    wrong = REPORT.replace("[p2.price]", "£35.10", 1)
    run = await research(Scripted(reports=(wrong,)), supervised=False)
    assert outline(run)[-3:] == ["writing 4.1", "accept", "ended: done"]


async def test_a_gap_sends_the_run_back_to_research() -> None:
    script = Scripted(calls=([("shipping_note", {"town": "Hull"})], [], *CALLS))
    run = await research(script)
    after = outline(run)
    back = after.index(next(line for line in after if "nothing_found_yet" in line))
    assert after[back + 1].startswith("acting")
    assert after[-2:] == ["accept", "ended: done"]


async def test_the_budget_of_tool_calls_ends_the_research_with_a_report() -> None:
    run = await research(Scripted(), budget=Budget(tool_calls=2))
    assert outline(run)[4:] == [
        "observed c1 ok",
        "acting 2.1 c2 c3",
        "accept c2",
        "revise c3 budget",
        "observed c2 ok",
        "writing 3.1",
        "accept",
        "ended: budget: tool calls",
    ]


async def test_no_time_left_means_writing_with_what_there_is() -> None:
    run = await research(Scripted(), budget=Budget(minutes=0))
    assert outline(run)[2:] == [
        "writing 1.1",
        outline(run)[3],
        "ended: budget: time",
    ]
    assert outline(run)[3].startswith("forced")


async def test_steps_that_bring_nothing_new_end_the_research() -> None:
    notes = [
        [
            (
                "shipping_note",
                {
                    "town": "Hull",
                },
            )
        ]
    ] * 20
    run = await research(Scripted(calls=(*CALLS, *notes)), caps=Caps(calls=0))
    assert run.ended == Ended(stop_reason=StopReason.NO_PROGRESS)
    assert len(run.observations) == 3 + 5


async def test_a_failed_tool_is_an_observation() -> None:
    broken = [("search_catalog", {"query": "broken"})]
    run = await research(Scripted(calls=(broken, *CALLS)))
    assert run.observations[0].error == "the index is closed; try again later"
    assert run.ended == Ended(stop_reason=StopReason.DONE)


@pytest.mark.parametrize("state", list(State))
async def test_a_failed_model_call_ends_the_run_and_keeps_what_was_seen(state: State) -> None:
    run = await research(Scripted(fails_in=state))
    expected = Ended(stop_reason=StopReason.MODEL_FAILED, detail="the model did not answer")
    assert run.ended == expected
    again = await research(Scripted(), start=run.events)
    assert [line for line in outline(again) if "model failed" not in line] == outline(
        await research(Scripted())
    )


def _ran(program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
        check=False,
    )


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
async def test_a_stopped_process_is_resumed_to_the_same_report(name: str, tmp_path: Path) -> None:
    """A real signal after the first observation, in a process of its own."""
    program = textwrap.dedent(
        """
        import asyncio, os, signal, sys
        from pathlib import Path
        from client import runs
        from client.agent import pursue
        from client.supervisor import CodeSupervisor
        from client.toolbox import open_toolbox
        from client.trajectory import Observation
        from tests.client.scripted import Scripted
        from tests.client.shop import build_shop
        from tests.client.test_agent import TASK

        async def main():
            with runs.create(Path(sys.argv[1])) as folder:
                run = folder.begin(TASK)
                def record(run, event):
                    folder.append(run, event)
                    if isinstance(event, Observation):
                        os.kill(os.getpid(), getattr(signal, sys.argv[2]))
                async with open_toolbox(build_shop()) as toolbox:
                    await pursue(run, researcher=Scripted(), supervisor=CodeSupervisor(toolbox),
                                 toolbox=toolbox, record=record)

        # A shell that started the tests in the background may have had it ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        asyncio.run(main())
        """
    )
    where = tmp_path / "run"
    assert _ran(program, str(where), name).returncode != 0
    made: list[str] = []
    with runs.resume(where) as (folder, run):
        interrupted = Ended(stop_reason=StopReason.INTERRUPTED)
        assert run.ended == (interrupted if name == "SIGINT" else None)
        before = len(run.observations)
        async with open_toolbox(build_shop(made)) as toolbox:
            supervisor = CodeSupervisor(toolbox)
            run = await pursue(
                run,
                researcher=Scripted(),
                supervisor=supervisor,
                toolbox=toolbox,
                record=folder.append,
            )
        assert before
        assert len(made) + before == len(run.observations)
        folder.finish(run, {})
    whole = await research(Scripted())
    with runs.create(tmp_path / "whole") as folder:
        folder.finish(whole, {})
    for file in ("report.md", "report.json"):
        assert (where / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
