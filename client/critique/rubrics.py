"""A rubric drawn up from the question, for a task that brings none."""

from typing import Annotated, Literal

from pydantic import Field

from client.chat.model import ChatModel
from client.critique.structured import Shape, answered
from client.prompting import filled
from client.trajectory import Criterion, Rubric, RubricDrawn

Dimension = Literal["comprehensiveness", "insight", "instruction following", "readability"]
"""Those of RACE (DeepResearch Bench, arXiv 2506.11763)."""


class CriterionDrawn(Shape):
    text: Annotated[str, Field(min_length=10, max_length=300)]
    dimension: Dimension = "comprehensiveness"
    weight: Annotated[float, Field(gt=0, le=100)]


class RubricAnswer(Shape):
    criteria: Annotated[tuple[CriterionDrawn, ...], Field(min_length=4, max_length=8)]


async def rubric_drawn(model: ChatModel, question: str) -> RubricDrawn:
    """Four to eight criteria whose weights sum to 1; none, and why, where the model gave nothing
    usable. Raises nothing."""
    chat = [{"role": "user", "content": filled("rubric", question=question)}]
    answer = await answered(model, chat, RubricAnswer)
    criteria = _weighed(answer.value.criteria) if answer.value else ()
    return RubricDrawn(
        rubric=Rubric(criteria=criteria),
        thought=answer.thought,
        usage=answer.usage,
        failed="" if answer.value else answer.fault,
    )


def _weighed(drawn: tuple[CriterionDrawn, ...]) -> tuple[Criterion, ...]:
    total = sum(one.weight for one in drawn)
    return tuple(
        Criterion(id=f"k{n}", text=one.text, weight=one.weight / total, dimension=one.dimension)
        for n, one in enumerate(drawn, 1)
    )
