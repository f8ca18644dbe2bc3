"""Who goes on where a draft is refused, and what ends a run early."""

import asyncio
from dataclasses import replace

import pytest

from client.agent import Caps
from client.budget import Budget
from client.researcher import Draft
from client.trajectory import Plan, State, StopReason, TaskGiven, Trajectory, Usage
from tests.client.scripted import CALLS, PLAN, REPORT, Scripted
from tests.client.test_agent import TASK, outline, research

APPROVED = TaskGiven(question=TASK.question, settings={"approve_plan": True})


# The corrector


def authors(run: Trajectory) -> list[str]:
    return [f"{m.state} {m.author}" for m in run.messages]


async def test_at_a_cap_the_corrector_makes_the_next_draft() -> None:
    nonsense = [("search_catalog", {"text": "kettle"})]
    weak = Scripted(plans=(None,), calls=(nonsense,), reports=("Buy one.", "Buy it.", "Do."))
    strong = Scripted(calls=([], CALLS[0]))
    run = await research(weak, corrector=strong, caps=Caps(plan=1, calls=0, report=1))
    assert authors(run)[:3] == ["planning researcher", "planning researcher", "planning corrector"]
    assert authors(run)[-3:] == ["writing researcher", "writing researcher", "writing corrector"]
    assert run.messages[-1].text == REPORT
    assert run.ended
    assert run.ended.stop_reason is StopReason.DONE
    handed = [v for v in run.verdicts if v.next_author == "corrector"]
    assert [v.state for v in handed][:2] == [State.PLANNING, State.ACTING]
    by_id = {m.id: m for m in run.messages}
    for message in run.messages:
        if message.author == "corrector":
            assert by_id[message.supersedes or ""].author == "researcher"


async def test_a_corrector_that_is_wrong_too_has_the_last_word_with_that_on_record() -> None:
    weak, other = Scripted(reports=("Buy one.",)), Scripted(reports=("Buy another.",))
    run = await research(weak, corrector=other, caps=Caps(report=0))
    assert outline(run)[-5:-1] == [
        "writing 4.1",
        "revise missing_section missing_section need_missing need_missing too_few_products",
        "writing 5.2",
        "forced missing_section missing_section need_missing need_missing too_few_products",
    ]
    assert run.messages[-1].author == "corrector"


async def test_a_corrector_fills_a_gap_and_then_writes() -> None:
    weak = Scripted(calls=([("shipping_note", {"town": "Hull"})], []))
    run = await research(weak, corrector=Scripted(calls=(*[[]] * 2, *CALLS)), caps=Caps(report=0))
    assert authors(run)[-4:] == [
        "writing researcher",
        "acting corrector",
        "acting researcher",
        "writing corrector",
    ]
    assert run.ended
    assert run.ended.stop_reason is StopReason.DONE


async def test_the_state_follows_from_the_events_with_a_corrector_too() -> None:
    weak = Scripted(plans=(None,), reports=("Buy one.", "Buy it."))
    given = {"corrector": Scripted(), "caps": Caps(plan=1, calls=0, report=1)}
    whole = await research(weak, **given)
    for length in range(1, len(whole.events)):
        again = await research(weak, start=whole.events[:length], **given)
        assert outline(again) == outline(whole)
        assert authors(again) == authors(whole)


# A person's word on the plan


async def test_an_edited_plan_is_the_persons_own_and_in_force() -> None:
    async def fewer(plan: Plan) -> Plan:
        return plan.model_copy(update={"wanted": 1})

    run = await research(Scripted(), start=(APPROVED,), approve=fewer)
    assert [m.author for m in run.messages[:2]] == ["researcher", "user"]
    assert run.plan == PLAN.model_copy(update={"wanted": 1})
    assert run.messages[1].supersedes == run.messages[0].id


async def test_a_plan_without_a_persons_word_ends_the_run_before_any_call() -> None:
    async def no(plan: Plan) -> None:
        return None

    run = await research(Scripted(), start=(APPROVED,), approve=no)
    assert run.ended
    assert run.ended.stop_reason is StopReason.INTERRUPTED
    assert not run.observations
    resumed = await research(Scripted(), start=run.events, approve=_yes)
    assert resumed.ended
    assert resumed.ended.stop_reason is StopReason.DONE


async def _yes(plan: Plan) -> Plan:
    return plan


async def test_a_plan_that_a_person_breaks_is_theirs_to_break() -> None:
    async def without_steps(plan: Plan) -> Plan:
        return plan.model_copy(update={"steps": ()})

    run = await research(Scripted(), start=(APPROVED,), approve=without_steps)
    assert outline(run)[2:4] == ["planning 0.2", "forced need_without_step need_without_step"]


# Stopping


class Slow(Scripted):
    """Never answers in one state; says when it is asked."""

    def __init__(self, never: State) -> None:
        super().__init__()
        self.never, self.asked = never, asyncio.Event()

    async def act(self, run: Trajectory) -> Draft:
        if self.never is State.ACTING and run.observations:
            self.asked.set()
            await asyncio.Event().wait()
        return await super().act(run)


async def test_a_stop_ends_the_wait_and_writes_with_what_there_is() -> None:
    slow, stop = Slow(State.ACTING), asyncio.Event()
    running = asyncio.ensure_future(research(slow, stop=stop))
    await slow.asked.wait()
    stop.set()
    run = await running
    assert outline(run)[-3:-1] == ["writing 2.1", "forced unknown_citation unknown_citation"]
    assert run.ended
    assert run.ended.stop_reason is StopReason.INTERRUPTED
    assert len(run.observations) == 1


async def test_a_report_that_was_cut_off_is_asked_for_again() -> None:
    class Wordy(Scripted):
        async def write(self, run: Trajectory) -> Draft:
            draft = await super().write(run)
            return replace(draft, cut_off=not any(m.state is State.WRITING for m in run.messages))

    run = await research(Wordy(reports=(REPORT, f"{REPORT}\nThat is all.\n")))
    assert outline(run)[-5:] == [
        "writing 4.1",
        "revise cut_off",
        "writing 5.2",
        "accept",
        "ended: done",
    ]


# Budgets of tokens and money


class Costly(Scripted):
    """Each draft takes 1,000 tokens."""

    cost: float | None = 0.01

    async def plan(self, run: Trajectory) -> Draft:
        return self._priced(await super().plan(run))

    async def act(self, run: Trajectory) -> Draft:
        return self._priced(await super().act(run))

    async def write(self, run: Trajectory) -> Draft:
        return self._priced(await super().write(run))

    def _priced(self, draft: Draft) -> Draft:
        usage = Usage(input_tokens=900, output_tokens=100, cost=self.cost)
        return replace(draft, usage=usage)


@pytest.mark.parametrize(
    ("budget", "reason"),
    [
        (Budget(tokens=3_500), StopReason.TOKENS),
        (Budget(cost=0.035), StopReason.COST),
    ],
)
async def test_a_report_is_still_written_within_the_budget(
    budget: Budget, reason: StopReason
) -> None:
    run = await research(Costly(), budget=budget)
    assert run.ended
    assert run.ended.stop_reason is reason
    usages = [m.usage for m in run.messages if m.usage]
    assert sum(u.input_tokens + u.output_tokens for u in usages) == 3_000
    assert run.messages[-1].state is State.WRITING


async def test_no_draft_is_sent_back_that_the_budget_cannot_pay() -> None:
    stubborn = Costly(reports=("Buy one.", "Buy it.", "Buy now."))
    run = await research(stubborn, budget=Budget(tokens=6_500))
    assert [m.state for m in run.messages].count(State.WRITING) == 2
    assert outline(run)[-2].startswith("forced")
