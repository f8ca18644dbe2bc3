"""What a run with models is likely to take, said before it starts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from client.budget import Budget
from client.chat.models import ModelSettings
from client.chat.tokens import tokens_of
from client.llm.folding import WINDOW

_STEPS = 6
"""Of a usual run, before the report; each asks for two calls."""
_OBSERVED = 1_500
"""Tokens that one tool call brings into the conversation."""
_SAID = 600
"""Tokens of one draft."""


def estimate(
    tools: Sequence[Mapping[str, Any]], budget: Budget, models: Mapping[str, ModelSettings]
) -> str:
    """One line. A rule of thumb: each turn sends the conversation anew, and a supervising model
    reads as much again."""
    calls = min(budget.tool_calls, 2 * _STEPS)
    turns = (calls + 1) // 2 + 2
    base = tokens_of(json.dumps(list(tools))) + _SAID
    tokens, cost = 0, 0.0
    for settings in models.values():
        window = settings.context_tokens or WINDOW
        read = sum(min(window, base + 2 * n * _OBSERVED) for n in range(turns))
        tokens += read + turns * _SAID
        priced = settings.cost(read, turns * _SAID)
        cost = cost + priced if priced is not None else float("nan")
    currency = next((s.currency for s in models.values() if s.currency), None) or ""
    price = "no price known" if cost != cost else f"about {cost:.2f} {currency}".strip()
    taken = f"{turns} turns, {calls} tool calls, about {round(tokens, -3):,} tokens, {price}"
    return f"Likely: {taken}. At most: {_limits(budget)}."


def _limits(budget: Budget) -> str:
    limits = [f"{budget.tool_calls} tool calls"]
    if budget.tokens is not None:
        limits.append(f"{budget.tokens:,} tokens")
    if budget.cost is not None:
        limits.append(f"a cost of {budget.cost:g}")
    if budget.minutes is not None:
        limits.append(f"{budget.minutes:g} minutes")
    return ", ".join(limits)
