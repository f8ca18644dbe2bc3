from typing import Any

import pytest
from jsonschema import Draft202012Validator

from client.chat.calls import UNNAMED, UNREADABLE
from client.refusals import bad_arguments, unknown_tool

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "ids": {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 3},
        "query": {"type": "string", "minLength": 1, "maxLength": 9},
        "price_max": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]},
        "rating_min": {"type": "number", "minimum": 0, "maximum": 5},
        "sort": {"type": "string", "enum": ["relevance", "price_asc"]},
    },
    "required": ["ids"],
    "additionalProperties": False,
}
FORM = 'The right form: compare {"ids": ["...", "..."]}; it may also hold'


def told(**arguments: Any) -> str | None:
    checked = Draft202012Validator(SCHEMA)
    errors = checked.iter_errors(arguments)  # pyright: ignore[reportUnknownMemberType]
    return bad_arguments("compare", SCHEMA, arguments, errors)


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ({"price_max": "400"}, 'price_max must be a number, not "400" (write 400 without quotes)'),
        ({"price_max": "cheap"}, 'price_max must be a number, not "cheap"'),
        ({"rating_min": 7}, "rating_min must be at most 5, not 7"),
        ({"rating_min": -1}, "rating_min must be at least 0, not -1"),
        ({"sort": "best"}, 'sort must be one of "relevance", "price_asc", not "best"'),
        ({"query": ""}, "query must not be empty"),
        ({"query": "x" * 10}, "query must be at most 9 characters long"),
        ({"ids": ["p1"]}, "ids must hold at least 2"),
        ({"ids": ["p1"] * 4}, "ids must hold at most 3: make several calls"),
        ({"ids": "p1"}, 'ids must be an array, not "p1"'),
        ({"ids": ["p1", 2]}, "ids[1] must be a string, not 2"),
    ],
)
def test_each_fault_says_what_the_value_must_be(arguments: dict[str, Any], fault: str) -> None:
    assert told(**{"ids": ["p1", "p2"]} | arguments) == f"compare: {fault}."


def test_what_lacks_or_has_too_much_is_shown_the_right_form() -> None:
    assert (told() or "").startswith(f"compare: lacks ids. {FORM} query, price_max")
    unknown = told(ids=["p1", "p2"], price_maxx=3, colour="red") or ""
    assert "no parameter 'price_maxx'; did you mean price_max?; there is no" in unknown
    assert FORM in unknown
    unreadable = told(**{UNREADABLE: "{'ids': " + "x" * 200}) or ""
    assert unreadable.startswith("compare: the arguments `{'ids': xxx")
    assert f"x…` are no JSON object. {FORM}" in unreadable


def test_sound_arguments_are_not_refused() -> None:
    assert told(ids=["p1", "p2"], price_max=None) is None


def test_a_tool_that_is_not_there_is_answered_with_those_that_are() -> None:
    assert unknown_tool("comparee", ["compare", "search"]) == (
        "There is no tool 'comparee'. Did you mean compare? The tools are: compare, search."
    )
    assert unknown_tool(UNNAMED, ["compare"]) == ("The call names no tool. The tools are: compare.")
