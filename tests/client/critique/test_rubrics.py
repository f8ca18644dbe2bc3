import json
from typing import Any

import pytest

from client.chat.model import ChatModel
from client.chat.models import ModelSettings
from client.critique.rubrics import RubricAnswer, rubric_drawn
from client.critique.structured import read
from client.prompting import PROMPTS
from client.trajectory import Rubric, RubricDrawn
from tests.fakes import Failure, Said, ScriptedModel, scripted_model

QUESTION = "Which quiet kettle under £40?"


def criteria(*weights: float, **more: Any) -> str:
    one = {"text": "Says how loud each kettle is", "dimension": "insight"} | more
    return json.dumps({"criteria": [one | {"weight": weight} for weight in weights]})


async def drawn(model: ScriptedModel, **prices: Any) -> RubricDrawn:
    given = ModelSettings(base_url=model.url, **prices)
    async with ChatModel("critic", given, retries=0) as chat:
        return await rubric_drawn(chat, QUESTION)


async def test_a_rubric_is_drawn_from_the_question_with_weights_that_sum_to_one() -> None:
    with scripted_model(Said(criteria(3, 1, 2, 4), thought="Noise first.")) as model:
        rubric = await drawn(model)
    assert [(c.id, c.weight) for c in rubric.rubric.criteria] == [
        ("k1", pytest.approx(0.3)),
        ("k2", pytest.approx(0.1)),
        ("k3", pytest.approx(0.2)),
        ("k4", pytest.approx(0.4)),
    ]
    assert {c.dimension for c in rubric.rubric.criteria} == {"insight"}
    assert (rubric.thought, rubric.failed) == ("Noise first.", "")
    assert QUESTION in model.requests[0]["messages"][0]["content"]


@pytest.mark.parametrize(
    ("first", "fault"),
    [
        ("A good report is short.", "no JSON object"),
        (criteria(1, 1, 1), "criteria: Tuple should have at least 4 items"),
        (criteria(*[1] * 9), "criteria: Tuple should have at most 8 items"),
        (criteria(1, 1, 1, 0), "criteria.3.weight: Input should be greater than 0"),
        (criteria(1, 1, 1, 1, dimension="beauty"), "criteria.0.dimension: Input should be"),
        (criteria(1, 1, 1, 1, text="Good"), "criteria.0.text: String should have at least"),
        (Said(criteria(1, 1, 1, 1)[:90], finish="length"), "cut off at the length limit"),
    ],
)
async def test_an_unusable_rubric_is_asked_for_once_more_with_its_fault(
    first: Any, fault: str
) -> None:
    with scripted_model(first, criteria(1, 1, 1, 1)) as model:
        rubric = await drawn(model, input_price=1.0, output_price=2.0, currency="EUR")
    assert fault in model.requests[1]["messages"][-1]["content"]
    assert [c.weight for c in rubric.rubric.criteria] == [0.25] * 4
    assert rubric.usage
    assert (rubric.usage.input_tokens, rubric.usage.output_tokens) == (200, 40)
    assert rubric.usage.cost == pytest.approx(2 * (100 + 2 * 20) / 1e6)


async def test_a_model_that_draws_no_rubric_leaves_none_and_says_why() -> None:
    with scripted_model("No.") as model:
        rubric = await drawn(model)
    assert rubric.rubric == Rubric(criteria=())
    assert "no JSON object" in rubric.failed
    assert len(model.requests) == 2


async def test_a_model_that_fails_leaves_no_rubric_and_what_it_took_until_then() -> None:
    with scripted_model("No.", Failure(401)) as model:
        rubric = await drawn(model)
    assert rubric.rubric == Rubric(criteria=())
    assert "refused the key" in rubric.failed
    assert rubric.usage
    assert rubric.usage.input_tokens == 100


def test_the_example_of_the_prompt_has_the_shape_that_is_read() -> None:
    example = PROMPTS["rubric"].partition("nothing else:")[2].partition("\n\n- ")[0]
    four = json.loads(example)["criteria"] * 4
    value, fault = read(json.dumps({"criteria": four}), RubricAnswer)
    assert value, fault
