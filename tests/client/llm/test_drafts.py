import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.llm.drafts import plan_of, report_of
from client.trajectory import Constraint, Need, Plan, Step
from tests.client.scripted import PLAN, REPORT

WRITTEN = PLAN.model_dump_json()


@pytest.mark.parametrize(
    "text",
    [
        WRITTEN,
        f"Here it is:\n```json\n{WRITTEN}\n```\nShall I go on? {{n1}}",
        f"```\n[{WRITTEN}]\n```",
        f"The kettle {{p1}} matters. {WRITTEN}",
        WRITTEN.replace("}", ",}").replace("]", ",]"),
        WRITTEN.replace('"at most"', '"<="'),
        WRITTEN.replace('"wanted":2', '"wanted":"2","confidence":0.9'),
    ],
)
def test_a_plan_is_read_whatever_stands_around_it(text: str) -> None:
    assert plan_of(text) == (PLAN, "")


def test_what_a_plan_leaves_out_is_filled_in() -> None:
    need = {"text": "under £40", "hard": True, "constraint": {}}
    text = json.dumps({"looking_for": "kettle", "needs": [need, {**need, "id": 7}], "steps": None})
    assert plan_of(text)[0] == Plan(
        looking_for="kettle",
        needs=(
            Need(id="n1", text="under £40", hard=True),
            Need(id="n7", text="under £40", hard=True),
        ),
        steps=(Step(text="Search, then look into every need", needs=("n1", "n7")),),
    )
    text = json.dumps({"looking_for": "kettle", "steps": ["search", {"text": "ask", "needs": 1}]})
    plan = plan_of(text)[0]
    assert plan
    assert plan.steps == (Step(text="search"), Step(text="ask", needs=("n1",)))


def test_commas_and_braces_within_words_are_left_alone() -> None:
    text = '{"looking_for": "a {big, } kettle, ]", "needs": [], "steps": [],}'
    plan = plan_of(text)[0]
    assert plan
    assert plan.looking_for == "a {big, } kettle, ]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("I would look around.", "There is no JSON object in it."),
        (WRITTEN[:-30], "It is no complete JSON object."),
        (WRITTEN.replace('"at most"', '"below"'), "needs.0.constraint.op: Input should be 'at"),
        ('{"looking_for": "kettle", "needs": ["quiet"]}', "needs.0.hard: Field required"),
        ('{"needs": [], "steps": []}', "looking_for: Field required"),
        ('{"looking_for": "kettle", "needs": [3], "steps": [[]]}', "needs.0.text: Field required"),
    ],
)
def test_meaning_is_not_guessed_and_the_form_is_shown(text: str, told: str) -> None:
    plan, fault = plan_of(text)
    assert plan is None
    assert told in fault
    example = fault.partition("A plan looks like ")[2]
    assert plan_of(example)[0]


def test_a_constraint_keeps_its_falsehood() -> None:
    need = {"text": "not in stock", "hard": True}
    need["constraint"] = {"field": "in_stock", "op": "is", "value": False}
    plan = plan_of(json.dumps({"looking_for": "x", "needs": [need], "steps": []}))[0]
    assert plan
    assert plan.needs[0].constraint == Constraint(field="in_stock", op="is", value=False)


KEYS = st.sampled_from(["looking_for", "needs", "steps", "id", "text", "constraint", "op", "hard"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@given(st.text() | VALUES.map(json.dumps))
def test_any_text_is_a_plan_or_says_what_to_mend(text: str) -> None:
    plan, fault = plan_of(text)
    assert (plan is None) == bool(fault)


@pytest.mark.parametrize(
    "text",
    [
        REPORT,
        f"Here is the report:\n\n{REPORT}",
        f"```markdown\n{REPORT}```",
        f"Sure!\n```md\n{REPORT}\n```\nLet me know whether it helps.",
        f"```\n{REPORT}",
    ],
)
def test_a_report_is_unwrapped(text: str) -> None:
    assert report_of(text) == REPORT.strip()


@pytest.mark.parametrize(
    "text",
    [
        "Nothing fits.",
        "",
        f"[p1] is the one to buy.\n\n{REPORT.strip()}",
        f"# Kettles\n\n{REPORT.strip()}\n\n```\na piece of code\n```",
    ],
)
def test_what_belongs_to_a_report_stays(text: str) -> None:
    assert report_of(text) == text
