"""The researcher that is a chat model: its conversation is written anew from the run each time."""

from collections.abc import Sequence
from typing import Any

from client.chat.model import Chat, ChatModel, Reply
from client.errors import ModelFailed
from client.llm.drafts import plan_of, report_of
from client.llm.folding import WINDOW, fitted, room_in, small_in
from client.prompting import PROMPTS as PROMPTS
from client.prompting import filled as filled
from client.researcher import Draft
from client.toolbox import Tool
from client.trajectory import Plan, State, Trajectory


class LLMResearcher:
    """Raises ModelFailed where the model does, and where its window holds no conversation."""

    def __init__(self, model: ChatModel, tools: Sequence[Tool]) -> None:
        self.name = model.name
        self._model = model
        self._tools = [function(**tool.offered) for tool in tools]
        self._names = ", ".join(tool.name for tool in tools)

    async def plan(self, run: Trajectory) -> Draft:
        reply = await self._model.complete(self._chat(run), schema=_PLAN_SCHEMA)
        return _draft(reply, reply.text, plan=plan_of(reply.text)[0])

    async def act(self, run: Trajectory) -> Draft:
        reply = await self._model.complete(self._chat(run, self._tools), self._tools)
        return _draft(reply, reply.text, tool_calls=reply.tool_calls)

    async def write(self, run: Trajectory) -> Draft:
        ask = asked_to_write(run)
        # Some endpoints want the tools of earlier calls; a small window needs their room more.
        tools = self._tools if small_in(self._model.context_tokens, self._tools) else []
        reply = await self._model.complete(self._chat(run, tools, ask), tools, may_call=False)
        return _draft(reply, report_of(reply.text))

    def _chat(
        self, run: Trajectory, tools: Sequence[dict[str, Any]] = (), closing: str = ""
    ) -> Chat:
        window = self._model.context_tokens
        chat = fitted(run, self._names, room_in(window, tools), closing)
        if chat is None:
            raise ModelFailed(
                f"{self.name}: its context window of {window or WINDOW:,} tokens is too small for"
                " this run; use a model with a larger one, or state context_tokens in models.toml"
                " where it is larger than that"
            )
        return chat


_PLAN_SCHEMA = Plan.model_json_schema()


def _draft(reply: Reply, text: str, **more: Any) -> Draft:
    return Draft(text=text, thought=reply.thought, usage=reply.usage, cut_off=reply.cut_off, **more)


def function(name: str, description: str, input_schema: dict[str, Any]) -> dict[str, Any]:
    """A tool as a chat model is told of it."""
    told = {"name": name, "description": description, "parameters": input_schema}
    return {"type": "function", "function": told}


def asked_to_write(run: Trajectory) -> str:
    return filled("write", question=run.task.question, needs=_needs(run), why=_why(run))


def _needs(run: Trajectory) -> str:
    """The lines of the report's first section, to be completed."""
    needs = run.plan.needs if run.plan else ()
    lines = [f"- ({'hard' if need.hard else 'soft'}) {need.text}: …" for need in needs]
    return "\n".join(lines) or "- (hard) each requirement of the question: …"


def _why(run: Trajectory) -> str:
    """What a writer should know of how the research ended, and of an earlier report."""
    acting = [m for m in run.messages if m.state is State.ACTING]
    told: list[str] = []
    if not acting or acting[-1].tool_calls:
        told.append(
            "The research was cut short: say under Could not verify what was not looked into."
        )
    if any(m.state is State.WRITING for m in run.messages):
        told.append("Write it anew and whole, and mend what was sent back.")
    return " ".join(told)
