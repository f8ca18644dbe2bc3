from client.budget import Budget
from client.chat.models import ModelSettings
from client.estimate import estimate

TOOLS = [{"name": "search_catalog", "description": "Finds products.", "input_schema": {}}]
PRICED = ModelSettings(input_price=1.0, output_price=4.0, currency="USD")


def test_the_price_is_the_configured_one_of_all_models_together() -> None:
    one = estimate(TOOLS, Budget(), {"a": PRICED})
    # 8 turns that begin with 630 tokens and grow by 3,000 each, and 600 written in each.
    assert one == (
        "Likely: 8 turns, 12 tool calls, about 94,000 tokens, about 0.11 USD."
        " At most: 40 tool calls."
    )
    assert "about 0.22 USD" in estimate(TOOLS, Budget(), {"a": PRICED, "b": PRICED})


def test_no_price_is_invented() -> None:
    assert "no price known" in estimate(TOOLS, Budget(), {"a": PRICED, "b": ModelSettings()})


def test_a_small_window_and_a_small_budget_make_a_small_run() -> None:
    small = ModelSettings(context_tokens=2_000)
    line = estimate(TOOLS, Budget(tool_calls=4, tokens=9_000, cost=1, minutes=2), {"a": small})
    assert line.startswith("Likely: 4 turns, 4 tool calls, about 9,000 tokens")
    assert line.endswith("At most: 4 tool calls, 9,000 tokens, a cost of 1, 2 minutes.")
