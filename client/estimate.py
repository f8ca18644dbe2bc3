"""What a run with a model is likely to take, said before it starts."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from client.budget import Budget
from client.model import ChatModel

_STEPS = 6
"""Steps of a usual run; each asks for two calls."""
_OBSERVED = 1_500
"""Tokens that one tool call brings into the conversation."""
_SAID = 600
"""Tokens of one draft."""
_WINDOW = 32_000
"""Of a model whose window is not configured; older observations are folded to fit."""


def estimate(
    tools: Iterable[dict[str, Any]], budget: Budget, models: Mapping[str, ChatModel]
) -> str:
    """One line. A rule of thumb: every turn sends the conversation anew, and a supervising model
    reads it once more."""
    calls = min(budget.tool_calls, 2 * _STEPS)
    steps = (calls + 1) // 2
    window = min((m.context_tokens or _WINDOW for m in models.values()), default=_WINDOW)
    base = len(json.dumps(list(tools))) // 4 + _SAID
    sent = sum(min(window, base + 2 * n * _OBSERVED) for n in range(steps + 2))
    tokens = len(models) * (sent + (steps + 2) * _SAID)
    return (
        f"Estimate: {steps + 2} turns, {calls} tool calls, about {round(tokens, -3):,} tokens"
        + (_limited(budget))
    )


def _limited(budget: Budget) -> str:
    limits = [f"{budget.tool_calls} tool calls"]
    if budget.tokens is not None:
        limits.append(f"{budget.tokens:,} tokens")
    if budget.cost is not None:
        limits.append(f"cost {budget.cost:g}")
    if budget.minutes is not None:
        limits.append(f"{budget.minutes:g} minutes")
    return f"; limits: {', '.join(limits)}"
