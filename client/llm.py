"""The researcher that is a chat model: its conversation is written anew from the run each time."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from client.budget import Budget
from client.model import Chat, ChatModel, Reply
from client.researcher import Draft
from client.toolbox import Tool
from client.trajectory import (
    Message,
    Observation,
    Plan,
    State,
    StopReason,
    ToolCall,
    Trajectory,
    Verdict,
)

_FOLDER = Path(__file__).parent / "prompts"
PROMPTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.md"))}
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def filled(name: str, **values: str) -> str:
    """The prompt with each {name} replaced; a KeyError where one has no value."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], PROMPTS[name]).strip()


class LLMResearcher:
    def __init__(self, model: ChatModel, tools: Sequence[Tool]) -> None:
        self.name = model.name
        self._model = model
        self._tools = [_function(tool) for tool in tools]
        self._names = ", ".join(tool.name for tool in tools)

    async def plan(self, run: Trajectory) -> Draft:
        reply = await self._model.complete(self._chat(run))
        return _draft(reply, plan=plan_of(reply.text)[0])

    async def act(self, run: Trajectory) -> Draft:
        reply = await self._model.complete(self._chat(run), self._tools)
        return _draft(reply, tool_calls=reply.tool_calls)

    async def write(self, run: Trajectory) -> Draft:
        ask = _user(filled("write", question=run.task.question, why=_why(run)))
        reply = await self._model.complete(
            _joined([*self._chat(run), ask]), self._tools, may_call=False
        )
        return _draft(reply)

    def _chat(self, run: Trajectory) -> Chat:
        task = filled("plan", question=run.task.question, tools=self._names)
        chat: Chat = [{"role": "system", "content": filled("system")}, _user(task)]
        for message in run.messages:
            chat += _turn(run, message)
        return _joined(chat)


def _draft(reply: Reply, **more: Any) -> Draft:
    return Draft(text=reply.text, thought=reply.thought, usage=reply.usage, **more)


# The plan


def plan_of(text: str) -> tuple[Plan | None, str]:
    """The plan in a model's answer, or None and what to mend."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None, "There is no JSON object in it. Answer with the JSON object alone."
    try:
        return Plan.model_validate_json(text[start : end + 1]), ""
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'the object'}: {fault['msg']}"
            for fault in error.errors(include_url=False)[:8]
        ]
        return None, f"It could not be read as a plan: {'; '.join(faults)}."


# The conversation


def _turn(run: Trajectory, message: Message) -> Iterator[dict[str, Any]]:
    """What the researcher said, and what came back."""
    verdicts = [v for v in run.verdicts if v.message_id == message.id]
    if message.state is State.WRITING:
        yield _user("Write the report.")
    said: dict[str, Any] = {"role": "assistant", "content": message.text or "(nothing)"}
    if message.tool_calls:
        said["tool_calls"] = [_sent(call) for call in message.tool_calls]
    yield said
    for call in message.tool_calls:
        yield {"role": "tool", "tool_call_id": call.id, "content": _answer(run, call, verdicts)}
    critique = [_critique(v) for v in verdicts if v.call_id is None and v.decision == "revise"]
    if message.state is State.PLANNING and message.plan is None:
        critique = [plan_of(message.text)[1]] if critique else []
    if critique:
        yield _user("\n".join(critique))
    elif message.state is State.PLANNING and verdicts:
        yield _user(filled("act", left=str(_limit(run))))


def _joined(chat: Chat) -> Chat:
    """Many chat templates want user and assistant to take turns."""
    joined: Chat = []
    for turn in chat:
        if joined and turn["role"] == joined[-1]["role"] == "user":
            joined[-1] = _user(f"{joined[-1]['content']}\n\n{turn['content']}")
        else:
            joined.append(turn)
    return joined


def _sent(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)}
    return {"id": call.id, "type": "function", "function": function}


def _answer(run: Trajectory, call: ToolCall, verdicts: list[Verdict]) -> str:
    observation = next((o for o in run.observations if o.call_id == call.id), None)
    if observation:
        return shown(observation)
    refused = [_critique(v) for v in verdicts if v.call_id == call.id]
    return "\n".join(refused) or "Not sent."


def _critique(verdict: Verdict) -> str:
    lines = [f"- {check.message}" for check in verdict.checks if check.severity == "refuse"]
    return "\n".join(["Sent back:", *lines])


def shown(observation: Observation) -> str:
    """An observation as a model reads it: nothing that is absent, and marked as data."""
    if not observation.ok:
        return f"The call failed: {observation.error}"
    stated = _without_absent(observation.result or {})
    text = json.dumps(stated, ensure_ascii=False, separators=(",", ":"))
    # No text of others can close the block.
    return f'<data from="{observation.name}">\n{text.replace("<", chr(92) + "u003c")}\n</data>'


def _without_absent(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: _without_absent(one) for k, one in cast(dict[str, Any], value).items()}
        return {k: one for k, one in kept.items() if one not in (None, [], {}, "")}
    if isinstance(value, list):
        return [_without_absent(one) for one in cast(list[Any], value)]
    return value


def _user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def _function(tool: Tool) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.input_schema,
    }
    return {"type": "function", "function": function}


def _limit(run: Trajectory) -> int:
    return run.task.settings.get("max_tool_calls", Budget().tool_calls)


def _left(run: Trajectory) -> int:
    return max(0, _limit(run) - len(run.observations))


def _why(run: Trajectory) -> str:
    """What a writer should know of how the research ended."""
    earlier = next((m.because for m in reversed(run.messages) if m.because), None)
    if _left(run) and earlier in (None, StopReason.DONE):
        return "Mend what was sent back." if earlier else ""
    return "The research was cut short: say under Could not verify what was not looked into."
