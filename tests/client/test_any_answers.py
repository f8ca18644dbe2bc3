"""Whatever the models answer, a run ends within its limits and leaves a valid record."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from client.agent import Caps, pursue
from client.budget import Budget, Spent
from client.chat.model import ChatModel
from client.chat.models import ModelSettings
from client.critique.supervisor import CritiquingSupervisor
from client.llm.researcher import LLMResearcher
from client.replay import replay
from client.report import render
from client.rules.researcher import RulesResearcher
from client.runs import final_markup
from client.supervisor import CodeSupervisor, Supervisor, Unsupervised
from client.toolbox import open_toolbox
from client.trajectory import Message, Observation, StopReason, TaskGiven, Trajectory, Verdict
from tests.client.scripted import CALLS, PLAN, REPORT
from tests.client.shop import build_shop
from tests.fakes import Failure, Said, scripted_model

CAPS = Caps(plan=1, calls=1, report=2)
BUDGET = Budget(tool_calls=6, tokens=20_000)
A_TURN = 120
"""Tokens of one scripted answer."""

_LETTERS = st.text(max_size=60)
_CALLS: Any = st.lists(
    st.one_of(
        st.sampled_from([call for turn in CALLS for call in turn]),
        st.tuples(st.sampled_from(["search_catalog", "get_product", "no_such_tool"]), _LETTERS),
        st.tuples(
            st.just("search_catalog"),
            st.dictionaries(st.sampled_from(["query", "price_max", "what"]), _LETTERS, max_size=3),
        ),
    ),
    min_size=1,
    max_size=4,
)
ANSWERS: Any = st.one_of(
    st.sampled_from([PLAN.model_dump_json(), REPORT, "", "{", "[]", "<think>", "<tool_call>{"]),
    st.just(
        '{"thought": "no", "findings": [{"code": "vague", "severity": "refuse", "message": "No."}]}'
    ),
    st.just('{"findings": []}'),
    _LETTERS,
    _CALLS,
    st.builds(Said, text=_LETTERS, thought=_LETTERS, finish=st.sampled_from(["stop", "length"])),
    st.just(Failure(500)),
)


@pytest.mark.parametrize("judge", ["nobody", "code", "model", "code and rules"])
@settings(max_examples=12, deadline=None)
@given(answers=st.lists(ANSWERS, min_size=1, max_size=12))
async def test_any_answers_end_in_a_run_within_its_limits(judge: str, answers: list[Any]) -> None:
    with scripted_model(*answers) as server:
        run = await _research(judge, server.url)
    assert run.ended
    assert len(run.observations) <= BUDGET.tool_calls
    assert Spent.by(run).tokens <= (BUDGET.tokens or 0) + 4 * A_TURN
    _valid(run)
    if run.ended.stop_reason is not StopReason.MODEL_FAILED:
        markup = final_markup(run)
        assert markup is not None
        render(run, markup, run.ended.stop_reason)
    assert (await replay(run, CAPS)).events == run.events


async def _research(judge: str, url: str) -> Trajectory:
    async with (
        ChatModel("m", ModelSettings(base_url=url), retries=0) as model,
        open_toolbox(build_shop()) as toolbox,
    ):
        supervisors: dict[str, Supervisor] = {
            "nobody": Unsupervised(),
            "model": CritiquingSupervisor(toolbox, model),
        }
        corrector = RulesResearcher() if judge == "code and rules" else None
        task = TaskGiven(
            question="Which quiet kettle under £40?",
            settings={
                "model": "m",
                "supervise": judge != "nobody",
                "corrector": "rules" if corrector else None,
                "max_tool_calls": BUDGET.tool_calls,
                "max_tokens": BUDGET.tokens,
            },
            tools=tuple(tool.offered for tool in toolbox.tools),
        )
        return await pursue(
            Trajectory(events=(task,)),
            researcher=LLMResearcher(model, toolbox.tools),
            supervisor=supervisors.get(judge, CodeSupervisor(toolbox)),
            toolbox=toolbox,
            record=lambda run, event: None,
            budget=BUDGET,
            caps=CAPS,
            corrector=corrector,
        )


def _valid(run: Trajectory) -> None:
    """As read back from disk, and in an order that makes sense."""
    assert Trajectory.model_validate_json(run.model_dump_json()).events == run.events
    messages: dict[str, Message] = {}
    calls: dict[str, bool] = {}
    for event in run.events:
        if isinstance(event, Message):
            assert event.id not in messages
            assert event.supersedes is None or event.supersedes in messages
            messages[event.id] = event
            assert calls.keys().isdisjoint(call.id for call in event.tool_calls)
            calls |= {call.id: False for call in event.tool_calls}
            caps = {"planning": CAPS.plan, "acting": CAPS.calls, "writing": CAPS.report}
            assert event.attempt <= caps[event.state] + 2
        elif isinstance(event, Verdict):
            assert event.message_id in messages
            assert event.call_id is None or event.call_id in calls
        elif isinstance(event, Observation):
            assert calls[event.call_id] is False
            calls[event.call_id] = True
