"""Each check finds the fault planted for it, and nothing in a sound draft."""

import asyncio
from typing import Any

import pytest

from client.checks import code as checks
from client.trajectory import (
    Constraint,
    Message,
    Need,
    Observation,
    State,
    Step,
    ToolCall,
    Trajectory,
)
from tests.client.scripted import PLAN, REPORT, Scripted
from tests.client.test_agent import research


@pytest.fixture(scope="module")
def run() -> Trajectory:
    return asyncio.run(research(Scripted()))


def codes(found: Any) -> list[str]:
    return [check.code for check in found if check.severity == "refuse"]


def refusals(run: Trajectory, markup: str) -> list[str]:
    return codes(checks.of_report(run, markup))


def with_plan(run: Trajectory, **changes: Any) -> Trajectory:
    first = run.messages[0]
    plan = PLAN.model_copy(update=changes)
    changed = first.model_copy(update={"plan": plan})
    return Trajectory(events=tuple(changed if e is first else e for e in run.events))


# Plans

QUESTION = "Which quiet kettle under £40?"
TOOLS = ["search_catalog", "search_reviews"]


def test_a_sound_plan_stands() -> None:
    assert list(checks.of_plan(QUESTION, PLAN, TOOLS)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"needs": (), "steps": ()}, ["no_needs"]),
        ({"steps": PLAN.steps[:1]}, ["need_without_step"]),
        ({"needs": (*PLAN.needs, PLAN.needs[0])}, ["repeated_need", "repeated_need"]),
        ({"steps": (*PLAN.steps, Step(text="more", needs=("n7",)))}, ["unknown_need"]),
        ({"steps": (*PLAN.steps, Step(text="more", tool="google"))}, ["unknown_tool"]),
    ],
)
def test_a_fault_of_a_plan_is_named(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(checks.of_plan(QUESTION, PLAN.model_copy(update=changes), TOOLS)) == expected


def test_a_question_for_nothing_but_a_kind_of_thing_has_no_needs() -> None:
    bare = PLAN.model_copy(update={"needs": (), "steps": ()})
    assert codes(checks.of_plan("a kettle", bare, TOOLS)) == []


def test_no_plan_is_a_fault() -> None:
    assert codes(checks.of_plan(QUESTION, None, TOOLS)) == ["no_plan"]


# Tool calls


def asked(run: Trajectory, *calls: ToolCall) -> Message:
    return Message(
        id="m9", author="researcher", state=State.ACTING, step=9, attempt=1, tool_calls=calls
    )


def test_a_call_made_before_is_refused_with_what_it_gave(run: Trajectory) -> None:
    again = ToolCall(id="c9", name="get_product", arguments={"ids": ["p1", "p2"]})
    found = list(checks.of_call(run, asked(run, again), again, None))
    assert codes(found) == ["repeated_call"]
    assert "step 2" in found[0].message
    assert "p1, p2" in found[0].message
    other = ToolCall(id="c9", name="get_product", arguments={"ids": ["p2", "p1"]})
    assert codes(checks.of_call(run, asked(run, other), other, None)) == []


def test_a_failed_call_may_be_made_once_more(run: Trajectory) -> None:
    first, second, third = (
        ToolCall(id=f"c{n}", name="get_product", arguments={"ids": ["p4"]}) for n in (20, 21, 22)
    )
    for earlier, expected in (([first], []), ([first, second], ["repeated_call"])):
        messages = [asked(run, call) for call in earlier]
        failed = [
            Observation(call_id=c.id, name=c.name, arguments={}, ok=False, error="x")
            for c in earlier
        ]
        after = run.with_(*messages, *failed)
        assert codes(checks.of_call(after, asked(after, third), third, None)) == expected


def test_writing_before_anything_was_looked_up_is_refused(run: Trajectory) -> None:
    assert codes(checks.of_enough(Trajectory(events=run.events[:1]))) == ["nothing_looked_up"]
    assert codes(checks.of_enough(run)) == []


# Reports


def test_a_sound_report_stands(run: Trajectory) -> None:
    assert list(checks.of_report(run, REPORT)) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (REPORT, "", ["empty_report"]),
        ("## Recommendation", "## Picks", ["missing_section", "too_few_products"]),
        ("## Comparison", "## Table", ["missing_section"]),
        ("[r2 ", "[r7 ", ["unknown_citation"]),
        ("Quiet enough to talk over.", "Silent", ["quote_not_found"]),
        ("[p2.attributes.noise]", "[p2.attributes.warmth]", ["unknown_field"]),
        ("| quiet | [p2.attributes.noise]", "| quiet | [p1.attributes.noise]", ["wrong_column"]),
        ("costs [p2.price]", "costs £24.50", ["value_differs"]),
        ("costs [p2.price]", "costs 24.50 pounds", ["value_differs"]),
        ("it quiet,", "it quiet (4.9 stars),", ["value_differs"]),
        ("it quiet,", "it quiet in 300 reviews,", ["value_differs"]),
        ("it quiet,", "it quiet at 40 dB,", ["value_differs"]),
        ("| under £40 | [p2.price]", "| under £40 | £29.00", ["value_differs"]),
        ("it quiet,", "it quiet for 3 kg of weight,", ["not_grounded"]),
        ("costs [p2.price]", "costs £20 less than [p1]", ["value_differs"]),
        ("2. [p1]", "2. [p4]", ["breaks_hard_need", "only_near_miss"]),
        ("\n2. [p1]", "\n2. [r1]", ["not_a_product", "too_few_products"]),
        ("- (soft) quiet: partly met\n", "", ["need_missing"]),
        ("- (hard) under £40: met\n", "", ["need_missing"]),
    ],
)
def test_a_fault_of_a_report_is_named(
    run: Trajectory, old: str, new: str, expected: list[str]
) -> None:
    assert old in REPORT
    assert set(refusals(run, REPORT.replace(old, new, 1))) == set(expected)


@pytest.mark.parametrize(
    "words",
    [
        "costs £39.50, £0.50 under the £40 asked",
        "is rated 4.1 out of 5 in 12 reviews",
        "holds 1.5 l, which is 1500 ml",
        "is one of 2 kettles",
        "fits 5 in the cupboard",
    ],
)
def test_figures_that_evidence_or_question_state_may_be_typed(run: Trajectory, words: str) -> None:
    assert refusals(run, REPORT.replace("costs [p2.price]", words)) == []


def test_words_that_no_evidence_states_are_remarked(run: Trajectory) -> None:
    markup = REPORT.replace("costs [p2.price]", "comes with a storage bag")
    found = [(c.code, c.severity, c.refers_to) for c in checks.of_report(run, markup)]
    assert found == [("not_grounded", "remark", "storage bag")]


NOISE = Need(
    id="n3",
    text="below 60 dB",
    hard=True,
    constraint=Constraint(field="attributes.noise level", op="at most", value=60, unit="dB"),
)


def without_noise(run: Trajectory) -> tuple[Trajectory, str]:
    """A plan that needs a noise level, and a report whose first product states none."""
    plan = with_plan(run, needs=(*PLAN.needs, NOISE), wanted=1)
    markup = REPORT.replace("- (soft)", "- (hard) below 60 dB: could not verify\n- (soft)")
    return plan, markup.replace("1. [p2] costs", "1. [p3] costs").replace("2. [p1]", "Not [p1]:")


def test_a_hard_need_that_nothing_states_is_refused_until_the_report_admits_it(
    run: Trajectory,
) -> None:
    plan, markup = without_noise(run)
    opened = plan.with_(
        Observation(
            call_id="c30",
            name="get_product",
            arguments={},
            ok=True,
            result={},
            evidence=(run.evidence["p3"],),
        )
    )
    assert refusals(opened, markup) == ["unverified_hard_need"]
    for line, expected in (
        ("- [p3] noise level: not stated", []),
        ("- below 60 dB: no product states it", []),
        ("- [p2] noise level: not stated", ["unverified_hard_need"]),
        ("- weight: no product states it", ["unverified_hard_need"]),
    ):
        assert refusals(opened, f"{markup}\n## Could not verify\n{line}\n") == expected


def test_a_product_that_was_not_opened_sends_the_run_back_to_open_it(run: Trajectory) -> None:
    plan, markup = without_noise(run)
    assert refusals(plan, markup) == ["not_opened"]
    assert "not_opened" in checks.GAPS


def test_a_product_found_by_the_filter_itself_meets_it(run: Trajectory) -> None:
    """The catalog knows its own synonyms."""
    pot = Need(
        id="n3",
        text="a water boiler",
        hard=True,
        constraint=Constraint(field="type", op="is", value="water boiler"),
    )
    plan = with_plan(run, needs=(*PLAN.needs, pot), wanted=1)
    markup = REPORT.replace("- (soft)", "- (hard) a water boiler: met\n- (soft)")
    assert set(refusals(plan, markup)) == {"breaks_hard_need"}
    found = run.observations[0].model_copy(
        update={"arguments": {"query": "kettle", "type": "Water boilers"}}
    )
    assert refusals(plan.with_(found), markup) == []


def test_a_near_miss_of_every_search_is_not_recommended(run: Trajectory) -> None:
    """Also where no need of the plan says why."""
    wish = Need(id="n1", text="under £40", hard=False)
    plan = with_plan(run, needs=(wish, PLAN.needs[1]))
    markup = REPORT.replace("2. [p1]", "2. [p4]").replace(", over by £23.99", "")
    assert "only_near_miss" in refusals(plan, markup)


def test_fewer_products_than_fit_is_refused_and_fewer_than_asked_is_not(run: Trajectory) -> None:
    one = REPORT.replace(
        '2. [p1] costs [p1.price] and is loud, [r1 "very loud in the morning"]', ""
    )
    assert refusals(run, one) == ["too_few_products"]
    assert refusals(with_plan(run, wanted=1), one) == []
    assert refusals(with_plan(run, looking_for="teapot"), one) == []
    assert refusals(with_plan(run, wanted=9), REPORT) == ["too_few_products"]


def test_a_need_said_to_be_met_must_be_stated_by_what_is_cited(run: Trajectory) -> None:
    steel = Need(id="n3", text="stainless steel", hard=True)
    plan = with_plan(run, needs=(*PLAN.needs, steel))
    said = "- (hard) stainless steel: {}\n- (soft)"
    met = REPORT.replace("- (soft)", said.format("met"))
    assert refusals(plan, met) == ["need_without_evidence"]
    admitted = REPORT.replace("- (soft)", said.format("could not verify"))
    assert refusals(plan, admitted) == []


def test_a_report_without_any_search_is_a_gap(run: Trajectory) -> None:
    nothing = Trajectory(events=run.events[:3])
    markup = "## Needs\n- (hard) under £40: could not verify\n\n## Recommendation\nNothing."
    found = refusals(nothing, markup)
    assert "nothing_found_yet" in found
    assert "nothing_found_yet" in checks.GAPS
