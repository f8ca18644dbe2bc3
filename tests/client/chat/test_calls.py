import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.chat.calls import UNNAMED, UNREADABLE, arguments_of, calls_in

ONE = '{"name": "search", "arguments": {"query": "kettle"}}'
TWO = '{"name": "compare", "arguments": {"ids": ["p1", "p2"]}}'
SEARCH = ("search", {"query": "kettle"})
COMPARE = ("compare", {"ids": ["p1", "p2"]})


@pytest.mark.parametrize(
    ("text", "around", "calls"),
    [
        ("No call.", "No call.", ()),
        (f"Look:\n<tool_call>\n{ONE}\n</tool_call>\nThen.", "Look:\n\nThen.", (SEARCH,)),
        (f"<tool_call>{ONE}</tool_call>\n<tool_call>{TWO}</tool_call>", "", (SEARCH, COMPARE)),
        (f"<tool_call>{ONE}</tool_call><tool_call>{TWO}", "", (SEARCH, COMPARE)),
        (f"<tool_call>{ONE}<tool_call>{TWO}</tool_call>", "", (SEARCH, COMPARE)),
        (f"<tool_call>{ONE}\n{TWO}</tool_call>", "", (SEARCH, COMPARE)),
        (f"<tool_call>[{ONE}, {TWO}]</tool_call>", "", (SEARCH, COMPARE)),
        (ONE, ONE, ()),
        (f"<tool_call>{ONE.replace('arguments', 'parameters')}</tool_call>", "", (SEARCH,)),
        ('<tool_call>{"name": "search"}</tool_call>', "", (("search", {}),)),
        (
            '<tool_call>{"name": "search", "arguments": "{\\"query\\": \\"kettle\\"}"}</tool_call>',
            "",
            (SEARCH,),
        ),
        (
            '<tool_call>\n<function=compare>\n<parameter=ids>\n["p1", "p2"]\n</parameter>\n'
            "</function>\n</tool_call>",
            "",
            (COMPARE,),
        ),
        (
            "<tool_call><function=search><parameter=query>kettle</parameter></function>",
            "",
            (SEARCH,),
        ),
    ],
)
def test_calls_are_read_from_text(text: str, around: str, calls: object) -> None:
    assert calls_in(text) == (around, calls)


@pytest.mark.parametrize(
    ("block", "name"),
    [
        ('{"name": "search", "arguments": {"query": "kettle",}}', "search"),
        (f"Here it is: {ONE}", "search"),
        (f"{ONE} I hope.", "search"),
        ('{"name": "search", "arguments": {"query": "ket', "search"),
        ('{"name": "search", "arguments": NaN}', "search"),
        ("<function=search><parameter=query>ket", "search"),
        ('{"arguments": {}}', UNNAMED),
        ('{"name": 3}', UNNAMED),
        ('"search"', UNNAMED),
        ("search", UNNAMED),
        ("", UNNAMED),
        ("[" * 100_000, UNNAMED),
    ],
)
def test_a_call_that_cannot_be_read_comes_back_to_be_mended(block: str, name: str) -> None:
    around, ((called, arguments),) = calls_in(f"<tool_call>{block}</tool_call>")
    assert (around, called, list(arguments)) == ("", name, [UNREADABLE])
    assert str(arguments[UNREADABLE]) in block


@given(
    st.text()
    | st.lists(st.sampled_from([ONE, "<tool_call>", "</tool_call>", "{", "x"])).map("".join)
)
def test_any_text_gives_calls_that_can_be_kept(text: str) -> None:
    around, calls = calls_in(text)
    assert len(calls) == sum(1 for _ in calls)
    assert "<tool_call>" not in around
    json.dumps(calls)


def test_an_object_that_a_server_read_already_is_taken_as_it_is() -> None:
    assert arguments_of({"query": "kettle"}) == {"query": "kettle"}
    assert arguments_of(None) == {UNREADABLE: "null"}
