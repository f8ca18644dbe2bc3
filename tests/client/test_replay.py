from collections.abc import Sequence
from typing import Any

import pytest

from client.agent import Caps
from client.errors import Diverged
from client.replay import replay
from client.rules.researcher import RulesResearcher
from client.toolbox import open_toolbox
from client.trajectory import (
    Check,
    Ended,
    Event,
    Message,
    Observation,
    State,
    StopReason,
    TaskGiven,
    Trajectory,
    Usage,
    Verdict,
)
from tests.client.scripted import REPORT, Scripted
from tests.client.shop import build_shop
from tests.client.test_agent import TASK, research


async def task(**settings: Any) -> TaskGiven:
    async with open_toolbox(build_shop()) as toolbox:
        tools = tuple(tool.offered for tool in toolbox.tools)
    return TaskGiven(question=TASK.question, settings=settings, tools=tools)


async def recorded(**more: Any) -> Trajectory:
    """With a refused plan, refused calls and a refused report."""
    wrong = REPORT.replace("[p2.price]", "£35.10", 1)
    researcher = Scripted(plans=(None, *Scripted().plans), reports=(wrong, REPORT))
    return await research(researcher, start=(await task(model="m", **more),))


async def test_a_replayed_run_is_the_run_that_was_recorded() -> None:
    run = await recorded()
    assert (await replay(run)).events == run.events


async def test_the_rules_come_to_the_same_report_from_recorded_results() -> None:
    run = await research(RulesResearcher(), start=(await task(model="rules"),))
    assert len(run.observations) > 3
    assert (await replay(run)).events == run.events


async def test_without_a_supervisor_and_with_a_corrector() -> None:
    alone = await research(
        Scripted(), supervised=False, start=(await task(model="m", supervise=False),)
    )
    assert (await replay(alone)).events == alone.events
    corrected = await research(
        Scripted(reports=("Buy one.",)),
        start=(await task(model="m", corrector="rules"),),
        corrector=RulesResearcher(),
        caps=Caps(report=6),
    )
    assert corrected.messages[-1].author == "corrector"
    assert (await replay(corrected)).events == corrected.events


async def test_a_run_that_was_cut_off_is_replayed_as_far_as_it_goes() -> None:
    run = await recorded()
    for length in range(1, len(run.events)):
        part = Trajectory(events=run.events[:length])
        assert (await replay(part)).events == part.events


async def test_where_a_run_was_stopped_and_taken_up_leaves_no_trace() -> None:
    run = await recorded()
    stopped = (*run.events[:6], Ended(stop_reason=StopReason.INTERRUPTED), *run.events[6:])
    assert (await replay(Trajectory(events=stopped))).events == run.events


async def test_what_a_critic_said_comes_from_the_record() -> None:
    run = await recorded()
    said = Check(code="vague", severity="remark", message="Say more.", by="model")
    events = [
        e.model_copy(update={"checks": (*e.checks, said), "usage": Usage(input_tokens=9)})
        if isinstance(e, Verdict) and e.decision == "accept"
        else e
        for e in run.events
    ]
    assert (await replay(Trajectory(events=tuple(events)))).events == tuple(events)


def _changed(events: Sequence[Event], place: int, **update: Any) -> Trajectory:
    new = events[place].model_copy(update=update)
    return Trajectory(events=(*events[:place], new, *events[place + 1 :]))


async def test_a_verdict_that_comes_out_another_way_is_shown_from_both_sides() -> None:
    run = await recorded()
    place = next(n for n, e in enumerate(run.events) if isinstance(e, Verdict))
    other = Check(code="no_needs", severity="refuse", message="The plan is empty.")
    with pytest.raises(Diverged) as error:
        await replay(_changed(run.events, place, checks=(other,)))
    assert f"event {place + 1}" in str(error.value)
    assert "recorded" in str(error.value)
    assert "no_needs" in str(error.value)
    assert "no_plan" in str(error.value)


async def test_a_draft_of_the_rules_that_is_another_today_is_an_error() -> None:
    run = await research(RulesResearcher(), start=(await task(model="rules"),))
    place = next(
        n for n, e in enumerate(run.events) if isinstance(e, Message) and e.state is State.WRITING
    )
    with pytest.raises(Diverged, match=r"text: recorded .*Buy this"):
        await replay(_changed(run.events, place, text="Buy this."))


async def test_a_result_that_is_missing_ends_the_replay_there() -> None:
    run = await recorded()
    place = next(n for n, e in enumerate(run.events) if isinstance(e, Observation))
    part = Trajectory(events=run.events[:place])
    assert (await replay(part)).events == part.events


async def test_a_record_with_more_than_the_run_gives_is_an_error() -> None:
    run = await recorded()
    more = Trajectory(events=(*run.events, run.events[-2], run.events[-1]))
    with pytest.raises(Diverged, match=r"recorded .*verdict.*; now .*ended"):
        await replay(more)
