"""A run as one row of training data: ShareGPT, in the one form that LLaMA-Factory renders as it is
(template qwen3_nothink: ChatML, calls as Hermes and Qwen3 write them)."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from client.chat.model import Chat
from client.llm.conversation import conversation
from client.llm.observed import as_read
from client.llm.researcher import asked_to_write, function
from client.trajectory import Message, State, Trajectory
from synthesis.errors import NoRow

Turn = dict[str, str]

_CONTROL = re.compile(r"<\|[^|<>\s]+\|>|</?(?:think|tool_call|tool_response|tools)>")
"""What the template itself says with. In a text it would end a turn, or pass for a thought or a
call. Such a run is refused, not rewritten: the row would show what no model saw. (Results of tools
hold no `<` at all by the time a model reads them.)"""
_BETWEEN_RESULTS = "\n</tool_response>\n<tool_response>\n"
_THEN_USER = "\n</tool_response><|im_end|>\n<|im_start|>user\n"
"""Between a tool's results and a user's turn right behind them, which ShareGPT has no form for."""


def row(run: Trajectory) -> dict[str, Any]:
    """{"conversations": [{"from": "human" | "gpt" | "observation", "value"}], "system", "tools"}.

    What a researcher that made no mistakes would have read and said: of each step the attempt
    that stood, whoever wrote it, with its thought; of a turn's calls those that ran. The texts
    are those of the run itself (client.llm.conversation), nothing folded. A plan or a call that was
    let through at its cap stays, since what follows rests on it; a report that was is refused.
    Raises NoRow."""
    report = _report(run)
    kept = _before(run, report)
    tools = [function(**tool) for tool in run.task.tools]
    names = ", ".join(str(tool["name"]) for tool in run.task.tools)
    chat = conversation(kept, names, as_read(run.observations), asked_to_write(kept))
    chat.append({"role": "assistant", "content": report.text})
    thoughts = [message.thought for message in (*kept.messages, report)]
    told = json.dumps(tools, ensure_ascii=False)
    _refuse_control([*_texts(chat), *thoughts, told])
    turns = list(_turns(chat[1:], thoughts))
    return {"conversations": turns, "system": chat[0]["content"], "tools": told}


def _report(run: Trajectory) -> Message:
    if run.ended is None:
        raise NoRow("the run is not finished; go on with it: productresearch research --resume")
    stood = {v.message_id for v in run.verdicts if v.decision == "accept" and not v.forced}
    reports = [m for m in run.messages if m.state is State.WRITING]
    if not reports:
        raise NoRow(f"the run came to no report ({run.ended.stop_reason.value})")
    if reports[-1].id not in stood or not reports[-1].text:
        raise NoRow(
            f"none of the run's {len(reports)} reports was accepted; what is learned from must be"
        )
    return reports[-1]


def _before(run: Trajectory, report: Message) -> Trajectory:
    """The run up to its report, without what was refused."""
    answered = {one.call_id for one in run.observations}
    superseded = {message.supersedes for message in run.messages}
    stood = [
        message.model_copy(
            update={"tool_calls": tuple(c for c in message.tool_calls if c.id in answered)}
        )
        for message in run.messages
        if message.state is not State.WRITING
        and message.id not in superseded
        and _accepted(run, message)
    ]
    # "I have enough" was not the last word where a report led back to the tools.
    messages = [
        message
        for message, after in zip(stood, [*stood[1:], report], strict=True)
        if message.state is State.PLANNING or message.tool_calls or after.state is not State.ACTING
    ]
    accepted = [v for v in run.verdicts if v.decision == "accept"]
    return Trajectory(events=(run.task, *messages, *accepted, *run.observations))


def _accepted(run: Trajectory, message: Message) -> bool:
    return any(v.message_id == message.id and v.decision == "accept" for v in run.verdicts)


def _turns(chat: Chat, thoughts: Iterable[str]) -> Iterator[Turn]:
    """Human or observation, then gpt, in turn."""
    thought, waiting = iter(thoughts), ""
    for turn in chat:
        text = str(turn["content"])
        match turn["role"]:
            case "tool":
                waiting = f"{waiting}{_BETWEEN_RESULTS}{text}" if waiting else text
            case "user" if waiting:
                yield {"from": "human", "value": f"<tool_response>\n{waiting}{_THEN_USER}{text}"}
                waiting = ""
            case "user":
                yield {"from": "human", "value": text}
            case _:
                if waiting:
                    yield {"from": "observation", "value": waiting}
                    waiting = ""
                yield {"from": "gpt", "value": _said(turn, next(thought))}


def _said(turn: dict[str, Any], thought: str) -> str:
    calls = [_call(call["function"]) for call in turn.get("tool_calls", ())]
    text = "\n".join(part for part in (str(turn["content"]), *calls) if part)
    return f"<think>\n{thought}\n</think>\n\n{text}" if thought else text


def _call(called: dict[str, str]) -> str:
    name = json.dumps(called["name"], ensure_ascii=False)
    return f'<tool_call>\n{{"name": {name}, "arguments": {called["arguments"]}}}\n</tool_call>'


def _texts(chat: Chat) -> Iterator[str]:
    for turn in chat:
        yield str(turn["content"])
        for call in turn.get("tool_calls", ()):
            yield f"{call['function']['name']} {call['function']['arguments']}"


def _refuse_control(texts: Iterable[str]) -> None:
    for text in texts:
        if found := _CONTROL.search(text):
            around = text[max(0, found.start() - 40) : found.end() + 40]
            raise NoRow(
                f"{found[0]} stands in the run's texts ({around!r}); it is part of the chat"
                " template, so a model trained on this run would learn to break its turns there"
            )
