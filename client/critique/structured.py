"""An answer of a chat model in a shape that is validated, asked for twice at most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from client.chat.model import Chat, ChatModel, Reply
from client.errors import ModelFailed
from client.trajectory import Usage

_ECHOED = 4_000
"""Characters of an answer that cannot be read that the model sees again."""


class Shape(BaseModel):
    """What a model is asked to fill in. Its schema asks for every field and no other, as the
    stricter endpoints want it; what is read may lack what has a default and hold more."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={"additionalProperties": False},
        json_schema_serialization_defaults_required=True,
    )


S = TypeVar("S", bound=Shape)


@dataclass(frozen=True)
class Answered(Generic[S]):
    value: S | None
    """None where the model failed, or neither answer could be read."""
    fault: str = ""
    """What was wrong, as the model was told."""
    failed: bool = False
    """The model gave no answer at all."""
    thought: str = ""
    usage: Usage | None = None
    """Of both answers together."""


async def answered(model: ChatModel, chat: Chat, shape: type[S]) -> Answered[S]:
    """Raises nothing: an answer that cannot be read is asked for once more, with its fault."""
    schema = shape.model_json_schema(mode="serialization")
    replies: list[Reply] = []
    value, fault = None, ""
    for _ in range(2):
        try:
            reply = await model.complete(chat, schema=schema)
        except ModelFailed as error:
            return _answered(replies, None, str(error), failed=True)
        replies.append(reply)
        value, fault = read(reply.text, shape)
        if value is not None:
            break
        if reply.cut_off:
            fault = f"It was cut off at the length limit; be shorter. {fault}"
        chat = [
            *chat,
            {"role": "assistant", "content": reply.text[:_ECHOED] or "(nothing)"},
            {"role": "user", "content": f"{fault} Answer again with the JSON object alone."},
        ]
    return _answered(replies, value, fault)


def _answered(
    replies: Sequence[Reply], value: S | None, fault: str, failed: bool = False
) -> Answered[S]:
    thought = "\n\n".join(reply.thought for reply in replies if reply.thought)
    return Answered(value, fault, failed, thought, summed([reply.usage for reply in replies]))


def read(text: str, shape: type[S]) -> tuple[S | None, str]:
    """The one JSON object in a model's answer, or None and what to mend."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None, "There is no JSON object in the answer."
    try:
        return shape.model_validate_json(text[start : end + 1]), ""
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'the object'}: {fault['msg']}"
            for fault in error.errors(include_url=False)[:6]
        ]
        return None, f"The answer could not be read: {'; '.join(faults)}."


def summed(usages: Sequence[Usage]) -> Usage | None:
    """One usage for several answers; its cost is unknown where one of theirs is."""
    if not usages:
        return None
    costs = [usage.cost for usage in usages if usage.cost is not None]
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        cost=sum(costs) if len(costs) == len(usages) else None,
        currency=usages[0].currency,
        seconds=sum(usage.seconds for usage in usages),
        model=usages[0].model,
        tries=sum(usage.tries for usage in usages),
        estimated=any(usage.estimated for usage in usages),
    )
