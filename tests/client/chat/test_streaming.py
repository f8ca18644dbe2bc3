"""However an answer is cut into chunks, the same answer comes out."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from client.chat.calls import UNREADABLE
from client.chat.streaming import Answer, BrokenOff, Told
from client.trajectory import Message, ToolCall

PIECES = (
    *(
        "<think>",
        "</think>",
        "<thinking>",
        "</thinking>",
        "[THINK]",
        "[/THINK]",
        "<",
        "</th",
        "<thi",
    ),
    *("\n", " ", "kettle", "£40 ", "🫖", "a < b", "`<think>` tags", "\ud83e", "[p3.price]"),
)
CONTENT = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
ARGUMENTS = st.sampled_from(
    ('{"query": "🫖 kettle"}', '{"a": {"b": [1, 2]}}', "", '{"query": ', "[]")
)
CALLS = st.lists(st.tuples(st.sampled_from(("search", "compare")), ARGUMENTS), max_size=3)
Outcome = tuple[str, str, Any, str | None]


@st.composite
def cut(draw: st.DrawFn, text: str) -> list[str]:
    ends = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[a:b] for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]


def outcome(chunks: Sequence[Any]) -> tuple[Outcome, dict[str, str]]:
    """What the answer is, and what a listener has in the end."""
    heard = {"thought": "", "text": ""}

    def say(kind: str, piece: str) -> None:
        if kind == "again":
            heard.update(thought="", text="")
        else:
            heard[kind] += piece

    answer = Answer(say)
    for chunk in chunks:
        answer.add(chunk)
    answer.end()
    return (answer.text, answer.thought, answer.tool_calls, answer.finish), heard


def plain(text: str) -> str:
    """Without blanks, and without characters that came in halves."""
    return re.sub(r"[\s�🫖]", "", text)


def delta(**said: Any) -> dict[str, Any]:
    return {"choices": [{"delta": said, "finish_reason": None}]}


def call(index: int | None, id: str | None, name: str | None, arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {
        **({} if index is None else {"index": index}),
        **({} if id is None else {"id": id}),
        "function": {key: value for key, value in function.items() if value is not None},
    }


END = {"choices": [{"delta": {}, "finish_reason": "stop"}]}


def at_once(reasoning: str, content: str, calls: Sequence[tuple[str, str]]) -> dict[str, Any]:
    listed = [call(None, f"c{n}", *one) for n, one in enumerate(calls)]
    message = {"reasoning_content": reasoning, "content": content, "tool_calls": listed}
    return {"choices": [{"message": message, "finish_reason": "stop"}]}


@given(st.data(), st.sampled_from(("", "Hm.", "Hm, 🫖.")), CONTENT, CALLS, st.booleans())
def test_any_way_of_cutting_an_answer_gives_the_same_answer(
    data: st.DataObject, reasoning: str, content: str, calls: list[tuple[str, str]], index: bool
) -> None:
    chunks = [delta(reasoning_content=piece) for piece in data.draw(cut(reasoning))]
    chunks += [delta(content=piece) for piece in data.draw(cut(content))]
    for n, (name, arguments) in enumerate(calls):
        first, *more = data.draw(cut(arguments))
        chunks.append(delta(tool_calls=[call(n if index else None, f"c{n}", name, first)]))
        for piece in more:
            again = data.draw(st.sampled_from((None, f"c{n}")))
            chunks.append(delta(tool_calls=[call(n if index else None, again, None, piece)]))
    whole, heard = outcome([at_once(reasoning, content, calls)])
    streamed, heard_in_pieces = outcome([*chunks, END])
    assert streamed == whole
    for has in (heard, heard_in_pieces):
        assert plain(has["text"]) == plain(whole[0])
        assert plain(has["thought"]) == plain(whole[1])


@given(CONTENT)
@example("<think>a</think>b")
def test_nothing_is_lost_but_tags_and_blanks(content: str) -> None:
    (text, thought, _, _), _ = outcome([delta(content=content), END])
    kept = f"{thought}{text}".replace("�", "")
    for tag in ("<think>", "</think>", "<thinking>", "</thinking>", "[THINK]", "[/THINK]"):
        content, kept = content.replace(tag, ""), kept.replace(tag, "")
    letters = [one for one in content if one.isalnum()]
    assert sorted(one for one in kept if one.isalnum()) == sorted(letters)


@pytest.mark.parametrize(
    ("content", "thought", "text"),
    [
        ("<think>Hm.</think>Hello.", "Hm.", "Hello."),
        ("\n<think>\nHm.\n</think>\n\nHello.\n", "Hm.", "Hello."),
        ("Hm.</think>Hello.", "Hm.", "Hello."),
        ("<think>Hm. It may", "Hm. It may", ""),
        ("<think></think>Hello.", "", "Hello."),
        ("[THINK]Hm.[/THINK]Hello.", "Hm.", "Hello."),
        ("<think>Hm.</think>Hello.\n<think>Ah.</think>Bye.", "Hm.Ah.", "Hello.\nBye."),
        ("  <think>Hm.</think><think>Ah.</think>Hello.", "Hm.Ah.", "Hello."),
        ("<think>Hm.</think></think>Hello.", "Hm.", "Hello."),
        ("Write `<think>` first.", "", "Write `<think>` first."),
        ("a <thin", "", "a <thin"),
    ],
)
def test_what_stands_between_think_tags_is_thought(content: str, thought: str, text: str) -> None:
    assert outcome([delta(content=content), END])[0][:2] == (text, thought)


def test_reasoning_sent_under_two_names_is_kept_once() -> None:
    chunks = [delta(reasoning=piece, reasoning_content=piece) for piece in ("H", "m.")]
    assert outcome([*chunks, delta(content="Hello."), END])[0][:2] == ("Hello.", "Hm.")


def test_content_in_parts_is_read() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
        {"type": "text", "text": "Hello."},
    ]
    assert outcome([delta(content=parts), END])[0][:2] == ("Hello.", "Hm.")


@pytest.mark.parametrize(
    "pieces",
    [
        [call(0, "a", "x", '{"n": 1}'), call(1, "b", "y", '{"n": 2}')],
        [call(0, "a", "x", '{"n": 1}'), call(0, "b", "y", '{"n": 2}')],
        [call(None, None, "x", '{"n": 1}'), call(None, None, "y", '{"n": 2}')],
        [call(None, "", "x", {"n": 1}), call(None, "", "y", {"n": 2})],
        [
            call(0, "a", "x", ""),
            call(1, "a", "y", '{"n":'),
            call(0, "a", None, '{"n": 1}'),
            call(1, "a", None, " 2}"),
        ],
        [call(0, "a", "x", '{"n":'), call(0, "a", "x", " 1}"), call(1, "b", "y", '{"n": 2}')],
        [call(0, "a", "x", '{"n":'), call(0, "other", "", " 1}"), call(1, "b", "y", '{"n": 2}')],
        [
            call(None, None, "x", '{"n":'),
            call(None, None, None, " 1}"),
            call(None, None, "y", '{"n": 2}'),
        ],
        [
            call(None, "a", "x", '{"n":'),
            call(None, "b", "y", '{"n": 2}'),
            call(None, "a", None, " 1}"),
        ],
    ],
)
def test_calls_are_told_apart_however_a_server_marks_them(pieces: list[dict[str, Any]]) -> None:
    for chunks in ([delta(tool_calls=pieces)], [delta(tool_calls=[piece]) for piece in pieces]):
        assert outcome([*chunks, END])[0][2] == (("x", {"n": 1}), ("y", {"n": 2}))


def test_a_whole_answer_may_give_two_calls_one_id() -> None:
    calls = [call(None, "a", "x", '{"n": 1}'), call(None, "a", "y", '{"n": 2}')]
    whole = {"choices": [{"message": {"content": None, "tool_calls": calls}}]}
    assert outcome([whole])[0][2:] == ((("x", {"n": 1}), ("y", {"n": 2})), "stop")


def test_half_a_character_is_replaced_in_arguments_as_well() -> None:
    halves = [json.loads('"\\ud83e"'), json.loads('"\\uded6"')]
    chunks = [delta(tool_calls=[call(0, "a", "x", f'{{"n": "{halves[0]}')])]
    chunks += [delta(tool_calls=[call(0, None, None, f'{halves[1]}{halves[1]}"}}')])]
    assert outcome([*chunks, END])[0][2] == (("x", {"n": "🫖�"}),)
    escaped = delta(tool_calls=[call(0, "a", "x", '{"n": "\\ud83e"}')])
    assert outcome([escaped, END])[0][2] == (("x", {"n": "�"}),)


NAMES = """choices delta message content tool_calls function name arguments index id usage
finish_reason type thinking error""".split()
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=20,
)


@given(st.lists(ODD | st.builds(delta, content=ODD, tool_calls=ODD), max_size=3))
@example([delta(tool_calls=[{"function": {"arguments": 3}}])])
@example([delta(tool_calls=[{"function": {"name": "\ud83e", "arguments": '{"a": 1e999}'}}])])
@example([delta(tool_calls=[call(0, "a", "x", '{"a": ' + "[" * 300 + "]" * 300 + "}")])])
@example([delta(tool_calls=[call(0, "a", "x", '{"a": ' + "[" * 9000 + "]" * 9000 + "}")])])
def test_of_the_oddest_chunks_comes_what_can_be_kept_or_a_known_error(chunks: list[Any]) -> None:
    with suppress(BrokenOff, Told):
        (text, thought, calls, _), _ = outcome(chunks)
        made = [ToolCall(id="c", name=name, arguments=given) for name, given in calls]
        message = Message.model_validate(
            {"id": "m", "author": "researcher", "state": "acting", "step": 1, "attempt": 1}
            | {"text": text, "thought": thought, "tool_calls": made}
        )
        assert Message.model_validate_json(message.model_dump_json()) == message


def test_arguments_of_no_known_form_come_back_as_they_are() -> None:
    assert outcome([delta(tool_calls=[call(0, "a", "x", 3)]), END])[0][2] == (
        ("x", {UNREADABLE: "3"}),
    )
