"""What every conversation must be, and a researcher that goes any way it is told."""

import json
from collections.abc import Sequence
from typing import Any

from client.chat.model import Chat
from client.researcher import Draft
from client.trajectory import Plan, Trajectory


def assert_in_order(chat: Chat) -> None:
    """System, then user and assistant in turn, each call answered once right behind it, and
    something to answer at the end."""
    assert [turn["role"] for turn in chat[:2]] == ["system", "user"]
    waiting: list[str] = []
    speaker = "user"
    for turn in chat[2:]:
        role = turn["role"]
        if waiting:
            assert (role, turn["tool_call_id"]) == ("tool", waiting.pop(0))
        else:
            assert role == "assistant" if speaker == "user" else role in ("user", "assistant")
            assert not (role == speaker == "assistant")
        waiting = waiting or [call["id"] for call in turn.get("tool_calls", ())]
        speaker = role
        assert turn["content"] or turn.get("tool_calls")
    assert not waiting
    assert chat[-1]["role"] != "assistant"


def text_of(chat: Chat) -> str:
    return json.dumps(chat, ensure_ascii=False)


class Wild:
    """Says what it is given, in order and then nothing; keeps the run as it saw it each time."""

    name = "wild"

    def __init__(
        self,
        plans: Sequence[Plan | None],
        turns: Sequence[Sequence[tuple[str, dict[str, Any]]]],
        reports: Sequence[str],
    ) -> None:
        self._plans, self._turns, self._reports = list(plans), list(turns), list(reports)
        self.saw: list[Trajectory] = []

    async def plan(self, run: Trajectory) -> Draft:
        self.saw.append(run)
        plan = self._plans.pop(0) if self._plans else None
        return Draft(text="" if plan else f"no plan {len(self.saw)}", plan=plan)

    async def act(self, run: Trajectory) -> Draft:
        self.saw.append(run)
        return Draft(tool_calls=self._turns.pop(0) if self._turns else ())

    async def write(self, run: Trajectory) -> Draft:
        self.saw.append(run)
        return Draft(text=self._reports.pop(0) if self._reports else f"Buy {len(self.saw)}.")
