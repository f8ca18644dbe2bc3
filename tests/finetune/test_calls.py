import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.calls import Call, Reader

SEARCH = '<tool_call>\n{"name": "search", "arguments": {"query": "kettle"}}\n</tool_call>'
CALL = Call("search", '{"query": "kettle"}')


def read(pieces: Sequence[str], stops: Sequence[str] = (), calls: bool = True) -> list[str | Call]:
    """What came of it, with text that follows text put together."""
    reader, found = Reader(stops, calls), list[str | Call]()
    for given_piece in (*pieces, None):
        for one in reader.end() if given_piece is None else reader.feed(given_piece):
            if isinstance(one, str) and found and isinstance(found[-1], str):
                found[-1] += one
            else:
                found.append(one)
    return found


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Hello.", ["Hello."]),
        ("  Hello. \n", ["  Hello. \n"]),
        (SEARCH, [CALL]),
        (f"I search.\n{SEARCH}\n{SEARCH}", ["I search.", CALL, CALL]),
        (f"<think>\nhm\n</think>\n\n{SEARCH}", ["<think>\nhm\n</think>", CALL]),
        (SEARCH.removesuffix("</tool_call>"), [CALL]),
        ('<tool_call>{"name": "look"}</tool_call>', [Call("look", "{}")]),
        ("a < b <tool", ["a < b <tool"]),
        ("x\n<tool_call>{bad}</tool_call> y", ["x\n<tool_call>{bad}</tool_call> y"]),
        ('x\n<tool_call>{"name": "se', ['x\n<tool_call>{"name": "se']),
        ("<tool_call>[1]</tool_call>", ["<tool_call>[1]</tool_call>"]),
        ('<tool_call>{"name": 1}</tool_call>', ['<tool_call>{"name": 1}</tool_call>']),
        (f"<tool_call>{'[' * 9999}", [f"<tool_call>{'[' * 9999}"]),
    ],
)
def test_calls_are_told_from_text(written: str, found: list[str | Call]):
    assert read([written]) == found


@given(st.lists(st.sampled_from(["I", " ", "\n", "<", "<tool_", SEARCH, "STOP", "{}"])), st.data())
def test_where_a_text_is_cut_into_pieces_changes_nothing(parts: list[str], data: st.DataObject):
    written = "".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(written)), max_size=12)) | {0})
    ends = [*cuts[1:], len(written)]
    pieces = [written[start:end] for start, end in zip(cuts, ends, strict=True)]
    for stops in ([], ["STOP"]):
        assert read(pieces, stops) == read([written], stops)


def test_text_is_shown_as_soon_as_it_can_be_no_call():
    reader = Reader(["STOP"])
    assert list(reader.feed("One two <")) == ["One two"]
    assert list(reader.feed("b> ST")) == [" <b>"]
    assert list(reader.feed("AY")) == [" STAY"]


def test_nothing_counts_after_a_stop():
    reader = Reader(["\n\n", "STOP"])
    assert list(reader.feed("One\n\nSTOP two")) == ["One"]
    assert reader.stopped
    assert [*reader.feed("three"), *reader.end()] == []


def test_calls_stay_text_where_none_may_be_made():
    assert read([f"So: {SEARCH}"], calls=False) == [f"So: {SEARCH}"]


def test_arguments_are_json_in_their_own_letters():
    block = json.dumps({"name": "search", "arguments": {"query": "café"}})
    assert read([f"<tool_call>{block}</tool_call>"]) == [Call("search", '{"query": "café"}')]
