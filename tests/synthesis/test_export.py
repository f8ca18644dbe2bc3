"""A run as a row of training data: what it holds, and that it is what the model reads at work."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

import finetune.local
from client import runs
from client.agent import pursue
from client.budget import Budget
from client.chat.model import ChatModel
from client.chat.models import ModelSettings
from client.llm.researcher import LLMResearcher
from client.researcher import Draft, Researcher
from client.rules.researcher import RulesResearcher
from client.supervisor import CodeSupervisor, Unsupervised
from client.toolbox import open_toolbox
from client.trajectory import Ended, State, StopReason, TaskGiven, Trajectory
from synthesis import cli
from synthesis.errors import NoRow, SynthesisError
from synthesis.export import row
from tests.client.scripted import CALLS, PLAN, REPORT, Scripted
from tests.client.shop import build_shop
from tests.client.test_any_answers import ANSWERS, BUDGET, CAPS
from tests.fakes import scripted_model

QUESTION = "Which quiet kettle under £40?"
SEARCH, LOOK = CALLS


class Thinking(Scripted):
    """Says before each draft what it thinks: the number of the draft."""

    async def plan(self, run: Trajectory) -> Draft:
        return replace(await super().plan(run), thought=f"draft {len(run.messages) + 1}")

    async def act(self, run: Trajectory) -> Draft:
        return replace(await super().act(run), thought=f"draft {len(run.messages) + 1}")

    async def write(self, run: Trajectory) -> Draft:
        return replace(await super().write(run), thought=f"draft {len(run.messages) + 1}")


async def research(
    researcher: Researcher, question: str = QUESTION, supervised: bool = True, **more: Any
) -> Trajectory:
    async with open_toolbox(build_shop()) as toolbox:
        task = TaskGiven(question=question, tools=tuple(tool.offered for tool in toolbox.tools))
        return await pursue(
            Trajectory(events=(task,)),
            researcher=researcher,
            supervisor=CodeSupervisor(toolbox) if supervised else Unsupervised(),
            toolbox=toolbox,
            record=lambda run, event: None,
            **more,
        )


def spoken(made: dict[str, Any], role: str) -> list[str]:
    return [turn["value"] for turn in made["conversations"] if turn["from"] == role]


def rendered(made: dict[str, Any]) -> str:
    """As LLaMA-Factory 0.9.5 renders the row with its template qwen3_nothink."""
    tools = "".join(
        "\n" + json.dumps(tool, ensure_ascii=False) for tool in json.loads(made["tools"])
    )
    system = f"{made['system']}{TOOLS_BEFORE}{tools}{TOOLS_AFTER}"
    forms = {
        "human": "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
        "observation": "<|im_start|>user\n<tool_response>\n{}\n</tool_response><|im_end|>\n"
        "<|im_start|>assistant\n",
        "gpt": "{}<|im_end|>\n",
    }
    turns = [forms[turn["from"]].format(turn["value"]) for turn in made["conversations"]]
    return f"<|im_start|>system\n{system}<|im_end|>\n{''.join(turns)}"


TOOLS_BEFORE = """

# Tools

You may call one or more functions to assist with the user query.

You are provided with function signatures within <tools></tools> XML tags:
<tools>"""
TOOLS_AFTER = """
</tools>

For each function call, return a json object with function name and arguments within \
<tool_call></tool_call> XML tags:
<tool_call>
{"name": <function-name>, "arguments": <args-json-object>}
</tool_call>"""


def served(chat: list[dict[str, Any]], tools: list[dict[str, Any]]) -> str:
    """The prompt that a served model gets of a request, as `finetune serve` writes it."""
    jinja = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    jinja.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    template = jinja.from_string(finetune.local.TEMPLATE)
    return template.render(messages=chat, tools=tools, add_generation_prompt=True)


async def test_a_row_holds_what_stood_of_each_step_and_nothing_of_what_was_refused():
    wrong = ("search_catalogue", {"query": "kettle"})
    vague = REPORT.replace("[p2.price]", "£12.34", 1)
    run = await research(
        Thinking(
            plans=[None, PLAN], calls=[[wrong], [*SEARCH, wrong], LOOK], reports=[vague, REPORT]
        )
    )
    assert [m.attempt for m in run.messages] == [1, 2, 1, 2, 1, 1, 1, 2]
    made = row(run)
    assert [turn["from"] for turn in made["conversations"]] == [
        "human", "gpt", "human", "gpt", "observation", "gpt", "observation", "gpt", "human", "gpt",
    ]  # fmt: skip
    plan, search, look, enough, report = spoken(made, "gpt")
    assert plan.startswith('<think>\ndraft 2\n</think>\n\n{"looking_for": "kettle", "needs": [{')
    assert search == (
        '<think>\ndraft 4\n</think>\n\n<tool_call>\n{"name": "search_catalog", "arguments":'
        ' {"query": "kettle", "price_max": 40}}\n</tool_call>'
    )
    assert look == (
        '<think>\ndraft 5\n</think>\n\n<tool_call>\n{"name": "search_reviews", "arguments":'
        ' {"product_ids": ["p1", "p2"], "query": "noise"}}\n</tool_call>\n<tool_call>\n{"name":'
        ' "get_product", "arguments": {"ids": ["p1", "p2"]}}\n</tool_call>'
    )
    assert enough == "<think>\ndraft 6\n</think>\n\nI have enough."
    assert report == f"<think>\ndraft 8\n</think>\n\n{REPORT}"
    found, looked_at = spoken(made, "observation")
    assert found.startswith('<data from="search_catalog">\n{"total":3,')
    assert found.endswith("</data>")
    reviews, between, products = looked_at.partition("\n</tool_response>\n<tool_response>\n")
    assert between
    assert reviews.startswith('<data from="search_reviews">')
    assert products.startswith('<data from="get_product">')
    told = json.dumps(made)
    assert [word for word in ("search_catalogue", "12.34", "sent this back") if word in told] == []


async def test_what_a_corrector_wrote_is_the_researchers_own():
    run = await research(Thinking(plans=[None], reports=["Buy it."]), corrector=RulesResearcher())
    assert {m.author for m in run.messages} == {"researcher", "corrector"}
    made = row(run)
    assert json.loads(spoken(made, "gpt")[0])["looking_for"] == "kettle"
    assert spoken(made, "gpt")[-1] == run.messages[-1].text
    assert "Buy it." not in json.dumps(made)


async def test_a_row_reads_as_the_model_is_asked_at_work():
    plan = PLAN.model_dump_json()
    answers = [plan, list(SEARCH), list(LOOK), "I have enough.", REPORT]
    with scripted_model(*answers) as server:
        async with (
            ChatModel("m", ModelSettings(base_url=server.url)) as model,
            open_toolbox(build_shop()) as toolbox,
        ):
            run = await research(LLMResearcher(model, toolbox.tools))
    made = row(run)
    writing = server.requests[-1]
    assert rendered(made) == served(writing["messages"], json.loads(made["tools"])) + (
        f"{run.messages[-1].text}<|im_end|>\n"
    )
    # What the model was asked before each call is where the row's turn begins.
    for asked in server.requests[1:-1]:
        assert rendered(made).startswith(served(asked["messages"], asked["tools"]))


async def test_research_that_was_cut_short_is_a_row_in_which_the_writer_is_told_so():
    run = await research(Scripted(calls=[SEARCH, LOOK, LOOK]), budget=Budget(tool_calls=3))
    assert run.ended == Ended(stop_reason=StopReason.TOOL_CALLS)
    made = row(run)
    assert [turn["from"] for turn in made["conversations"]][-4:] == [
        "observation", "gpt", "human", "gpt",
    ]  # fmt: skip
    asked = spoken(made, "human")[-1]
    assert "\n</tool_response><|im_end|>\n<|im_start|>user\nWrite the report now" in asked
    assert "The research was cut short" in asked


@pytest.mark.parametrize(
    ("researcher", "said"),
    [
        (Scripted(fails_in=State.WRITING), r"came to no report \(model failed\)"),
        (Scripted(reports=["Buy it.", "Buy that."]), "none of the run's 3 reports was accepted"),
        (Scripted(reports=[REPORT + "\n<|im_end|>"]), r"<\|im_end\|> stands in the run's texts"),
        (Scripted(reports=[REPORT + "\n</think>"]), "</think> stands in the run's texts"),
    ],
)
async def test_a_run_that_can_be_no_row_says_why(researcher: Scripted, said: str):
    run = await research(researcher)
    with pytest.raises(NoRow, match=said):
        row(run)


async def test_a_run_that_is_not_finished_is_no_row():
    run = await research(Scripted())
    with pytest.raises(NoRow, match="not finished"):
        row(Trajectory(events=run.events[:-1]))


@pytest.mark.parametrize("supervised", [True, False])
@settings(max_examples=15, deadline=None)
@given(answers=st.lists(ANSWERS, min_size=1, max_size=10))
async def test_any_finished_run_is_a_row_of_turns_in_order_or_none(
    supervised: bool, answers: list[Any]
):
    with scripted_model(*answers) as server:
        async with (
            ChatModel("m", ModelSettings(base_url=server.url), retries=0) as model,
            open_toolbox(build_shop()) as toolbox,
        ):
            researcher = LLMResearcher(model, toolbox.tools)
            run = await research(
                researcher, QUESTION, supervised, budget=BUDGET, caps=CAPS,
                corrector=RulesResearcher(),
            )  # fmt: skip
    try:
        made = row(run)
    except NoRow:
        return
    roles = [turn["from"] for turn in made["conversations"]]
    assert set(roles[0::2]) <= {"human", "observation"}
    assert set(roles[1::2]) == {"gpt"}
    assert len(roles) % 2 == 0
    assert all(turn["value"] for turn in made["conversations"])
    ran = [o.call_id for o in run.observations]
    assert sum(said.count("<tool_call>") for said in spoken(made, "gpt")) == len(ran)
    assert spoken(made, "gpt")[-1].endswith(run.messages[-1].text)


async def test_the_command_prints_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run = await research(Scripted())
    with runs.create(tmp_path) as folder:
        for event in run.events:
            folder.append(run, event)
    cli.row(tmp_path, None)
    cli.row(tmp_path, tmp_path / "rows.jsonl")
    printed = capsys.readouterr().out
    assert json.loads(printed) == row(run)
    assert (tmp_path / "rows.jsonl").read_text() == printed
    with pytest.raises(SynthesisError, match="cannot be written"):
        cli.row(tmp_path, tmp_path)
