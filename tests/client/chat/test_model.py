import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from client.chat.calls import UNREADABLE
from client.chat.model import ChatModel, Reply
from client.chat.models import ModelSettings
from client.chat.streaming import LONGEST
from client.errors import ModelFailed
from client.trajectory import Usage
from tests.fakes import Failure, Raw, Said, ScriptedModel, scripted_model

CHAT = [{"role": "user", "content": "Which kettle?"}]
TOOLS = [{"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}]
SCHEMA = {"type": "object", "properties": {"fits": {"type": "boolean"}}}
CALLS: tuple[tuple[str, dict[str, object]], ...] = (
    ("search", {"query": "kettle"}),
    ("search", {"query": "ketlle £", "limit": 3}),
)


@dataclass
class Asking:
    """A model at a scripted endpoint, with what it said as it came and how long it waited."""

    endpoint: ScriptedModel
    model: ChatModel
    heard: list[tuple[str, str]]
    waits: list[float] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, str]:
        """What a listener has in the end."""
        said = {"thought": "", "text": ""}
        for kind, piece in self.heard:
            if kind == "again":
                said = {"thought": "", "text": ""}
            else:
                said[kind] += piece
        return said


@asynccontextmanager
async def asking(*replies: Any, retries: int = 4, **settings: Any) -> AsyncGenerator[Asking]:
    with scripted_model(*replies) as endpoint:
        heard: list[tuple[str, str]] = []
        waits: list[float] = []

        async def pause(seconds: float) -> None:
            waits.append(seconds)

        own = ModelSettings(**{"base_url": endpoint.url, **settings})

        def hear(kind: str, piece: str) -> None:
            heard.append((kind, piece))

        own = ModelSettings(base_url=endpoint.url, **settings)
        async with ChatModel("scripted", own, hear, retries=retries, pause=pause) as model:
            yield Asking(endpoint, model, heard, waits)


async def reply_to(*replies: Any, **settings: Any) -> Reply:
    async with asking(*replies, **settings) as one:
        return await one.model.complete(CHAT, TOOLS)


async def failure_of(*replies: Any, **settings: Any) -> str:
    async with asking(*replies, **settings) as one:
        with pytest.raises(ModelFailed) as failed:
            await one.model.complete(CHAT, TOOLS)
    return str(failed.value)


# What is asked and what comes back


@pytest.mark.parametrize("streams", [True, False])
async def test_text_thought_and_calls_come_apart_streamed_or_whole(streams: bool) -> None:
    said = Said("Let me look.", CALLS, thought="A kettle, then.", streams=streams)
    async with asking(said) as one:
        reply = await one.model.complete(CHAT, TOOLS)
    usage = Usage(input_tokens=100, output_tokens=20, seconds=reply.usage.seconds, model="scripted")
    assert reply == Reply("Let me look.", "A kettle, then.", CALLS, usage)
    assert one.shown == {"thought": "A kettle, then.", "text": "Let me look."}
    assert one.endpoint.requests == [
        {
            "model": "scripted",
            "messages": CHAT,
            "stream": True,
            "stream_options": {"include_usage": True},
            "tools": TOOLS,
            "tool_choice": "auto",
        }
    ]


@pytest.mark.parametrize("where", ["reasoning_content", "reasoning", "reasoning_details"])
async def test_reasoning_is_the_thought_under_each_of_its_names(where: Any) -> None:
    reply = await reply_to(Said("Hello.", thought="Hm, kettles.", thought_in=where))
    assert (reply.thought, reply.text) == ("Hm, kettles.", "Hello.")


async def test_a_thought_without_an_opening_tag_is_taken_back_from_the_listener() -> None:
    async with asking("Hm, kettles.</think>\nHello.") as one:
        reply = await one.model.complete(CHAT)
    assert (reply.thought, reply.text) == ("Hm, kettles.", "Hello.")
    assert one.heard[0] == ("text", "Hm, kett")
    assert one.shown == {"thought": "Hm, kettles.", "text": "\nHello."}


async def test_calls_in_the_text_are_calls_only_where_the_model_may_call() -> None:
    text = 'Look:\n<tool_call>\n{"name": "search", "arguments": {"query": "x"}}\n</tool_call>'
    async with asking(text) as one:
        reply = await one.model.complete(CHAT, TOOLS)
        writing = await one.model.complete(CHAT, TOOLS, False)
        planning = await one.model.complete(CHAT)
    assert (reply.text, reply.tool_calls) == ("Look:", (("search", {"query": "x"}),))
    for other in (writing, planning):
        assert (other.text, other.tool_calls) == (text, ())


async def test_a_call_before_the_thought_is_closed_is_a_call() -> None:
    text = '<think>Look.\n<tool_call>{"name": "search", "arguments": {}}</tool_call>'
    reply = await reply_to(text)
    assert (reply.thought, reply.text, reply.tool_calls) == ("Look.", "", (("search", {}),))


async def test_a_call_where_none_may_be_made_is_left_out() -> None:
    async with asking(list(CALLS)) as one:
        assert (await one.model.complete(CHAT, TOOLS, may_call=False)).tool_calls == ()
    assert one.endpoint.requests[0]["tool_choice"] == "none"


async def test_arguments_that_are_no_object_come_back_to_be_mended() -> None:
    reply = await reply_to([("search", '{"query": '), ("search", "[1]"), ("search", "")])
    assert [arguments for _, arguments in reply.tool_calls] == [
        {UNREADABLE: '{"query": '},
        {UNREADABLE: "[1]"},
        {},
    ]


@pytest.mark.parametrize("text", ["It costs", "<think>It may co"])
async def test_an_answer_cut_at_its_length_says_so(text: str) -> None:
    reply = await reply_to(Said(text, finish="length"))
    assert reply.cut_off
    assert (reply.text or reply.thought) == text.removeprefix("<think>")


async def test_what_looks_like_a_tag_at_the_very_end_is_text() -> None:
    assert (await reply_to("Is 5 <")).text == "Is 5 <"


async def test_an_answer_that_does_not_end_is_cut_off() -> None:
    reply = await reply_to(Said("kettle " * (LONGEST // 5), cut=200_000))
    assert reply.cut_off
    assert LONGEST <= len(reply.text) <= LONGEST + 200_000


# Usage


async def test_cost_is_worked_out_from_the_prices_of_the_settings() -> None:
    reply = await reply_to("Hello.", input_price=2.5, output_price=10.0)
    assert reply.usage.cost == pytest.approx((100 * 2.5 + 20 * 10) / 1_000_000)
    assert (await reply_to("Hello.")).usage.cost is None


async def test_tokens_that_nobody_counted_are_estimated_and_said_to_be() -> None:
    usage = (await reply_to(Said("Hello " * 20, usage=None))).usage
    sent = len(json.dumps([CHAT, TOOLS], ensure_ascii=False))
    assert (usage.estimated, usage.input_tokens, usage.output_tokens) == (True, sent // 4, 30)
    assert (await reply_to(Said(calls=CALLS, usage=None))).usage.output_tokens > 10


# What an endpoint does not take


@pytest.mark.parametrize(
    ("said", "without"),
    [
        ("Unknown parameter: 'stream_options'.", {"stream_options"}),
        ("Extra inputs are not permitted", {"stream_options"}),
        ("streaming is not supported", {"stream", "stream_options"}),
        ("Unsupported value: 'temperature' does not support 0.2", {"temperature"}),
        ("tool_choice is not supported", {"tool_choice"}),
        ("max_tokens is not supported", {"max_tokens"}),
    ],
)
async def test_a_parameter_that_is_refused_is_left_out_from_then_on(
    said: str, without: set[str]
) -> None:
    def strict(request: dict[str, Any]) -> Any:
        return Failure(400, said) if without & request.keys() else "Hello."

    async with asking(strict, temperature=0.2, max_output_tokens=50) as one:
        first = await one.model.complete(CHAT, TOOLS, may_call=False)
        second = await one.model.complete(CHAT, TOOLS, may_call=False)
    assert (first.text, second.text, second.usage.tries) == ("Hello.", "Hello.", 1)
    assert (first.usage.tries, len(one.endpoint.requests)) == (2, 3)
    assert one.waits == []
    kept = {"temperature", "tool_choice", "tools", "messages"} - without
    assert kept <= one.endpoint.requests[-1].keys()


async def test_the_limit_goes_out_under_the_name_that_the_endpoint_knows() -> None:
    def modern(request: dict[str, Any]) -> Any:
        message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
        return Failure(400, message) if "max_tokens" in request else "Hello."

    async with asking(modern, max_output_tokens=50) as one:
        await one.model.complete(CHAT, max_tokens=70)
        await one.model.complete(CHAT, max_tokens=7)
    limits = [
        {name: request[name] for name in request if name.startswith("max")}
        for request in one.endpoint.requests
    ]
    short, long = {"max_tokens": 50}, {"max_completion_tokens": 50}
    assert limits == [short, long, {"max_completion_tokens": 7}]


async def test_a_schema_is_asked_for_and_given_up_where_it_is_refused() -> None:
    def plain(request: dict[str, Any]) -> Any:
        return Failure(422, "nope") if "response_format" in request else '{"fits": true}'

    async with asking(plain) as one:
        reply = await one.model.complete(CHAT, schema=SCHEMA)
    assert reply.text == '{"fits": true}'
    assert one.endpoint.requests[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": SCHEMA},
    }
    assert "response_format" not in one.endpoint.requests[1]


async def test_a_server_that_reads_no_calls_is_asked_so_that_they_come_as_text() -> None:
    def unparsed(request: dict[str, Any]) -> Any:
        if request["tool_choice"] == "auto":
            return Failure(400, '"auto" tool choice requires --enable-auto-tool-choice')
        return '<tool_call>{"name": "search", "arguments": {}}</tool_call>'

    async with asking(unparsed) as one:
        reply = await one.model.complete(CHAT, TOOLS)
    assert reply.tool_calls == (("search", {}),)
    assert one.endpoint.requests[1]["tools"] == TOOLS


async def test_extra_body_and_limits_of_the_settings_are_sent() -> None:
    extra = {"chat_template_kwargs": {"enable_thinking": False}, "model": "another"}
    async with asking("Hello.", extra_body=extra, context_tokens=4096) as one:
        await one.model.complete(CHAT)
    request = one.endpoint.requests[0]
    assert request["chat_template_kwargs"] == {"enable_thinking": False}
    assert request["model"] == "scripted"
    assert one.model.context_tokens == 4096


# What may pass is tried again


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
async def test_what_may_pass_is_asked_again_as_soon_as_the_endpoint_says(status: int) -> None:
    async with asking(Failure(status), "Hello.") as one:
        reply = await one.model.complete(CHAT)
    assert (reply.text, reply.usage.tries) == ("Hello.", 2)
    assert one.waits == [pytest.approx(0.001, rel=0.11)]


async def test_waits_grow_where_the_endpoint_names_none_and_end() -> None:
    async with asking(Failure(503, headers={})) as one:
        with pytest.raises(ModelFailed, match=r"answered 503: .*scripted failure.*after 5 tries"):
            await one.model.complete(CHAT)
    assert len(one.waits) == 4
    assert all(0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(one.waits))


async def test_retry_after_is_read_as_seconds_and_as_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    async with asking(
        Failure(429, headers={"retry-after": "7"}),
        Failure(429, headers={"retry-after": soon}),
        Failure(429, headers={"retry-after": soon.replace("GMT", "-0000")}),
        Failure(429, headers={"retry-after": "inf"}),
        "Hello.",
    ) as one:
        await one.model.complete(CHAT)
    seconds, date, dateless, nothing = one.waits
    assert 7 < seconds <= 7.7
    assert all(10 <= wait <= 22 for wait in (date, dateless))
    assert 2 <= nothing <= 4


async def test_a_wait_that_is_too_long_is_an_error_that_says_so() -> None:
    said = await failure_of(Failure(429, "slow down", {"retry-after": "3600"}), "Hello.")
    assert re.search(r"slow down.*asks to be tried again in 3,600 seconds", said)


@pytest.mark.parametrize(
    "failure",
    [
        Failure(400, "context too long"),
        Failure(402, "pay first"),
        Failure(429, "you have no credit", code="insufficient_quota"),
        Raw('data: {"error": {"message": "bad request", "code": 400}}\n\n'),
    ],
)
async def test_what_does_not_pass_is_not_waited_for(failure: Any) -> None:
    async with asking(failure) as one:
        with pytest.raises(ModelFailed):
            await one.model.complete(CHAT)
    assert one.waits == []


@pytest.mark.parametrize(
    "broken",
    [
        Said("Hello, this is", stops="disconnect"),
        Raw('data: {"choices": [{"delta": {"content": "Hello, this is"}}]}\n\ndata: [DONE]\n\n'),
        Raw('data: {"choices": [{"delta": {"content": "Hello, this is"}}]}\n\ndata: {"choi\n\n'),
        Raw('data: {"choices": [{"delta": {"content": "Hello, this is"}}]}\n\ndata: [1]\n\n'),
        Raw('data: {"error": {"message": "overloaded", "code": 529}}\n\n'),
        Raw('data: {"error": "overloaded"}\n\n'),
        Raw('{"choices": [{"message": {"content": "Hello', "application/json"),
        Raw("[" * 100_000, "application/json"),
        Raw("[" * 100_000, "application/json", 500),
        Raw('{"error', "application/json", 503, {"content-length": "999"}),
        Raw("\xff", "application/json; charset=nonsense", 500),
        Raw("", "application/json"),
        Raw(""),
    ],
)
async def test_an_answer_that_breaks_off_is_asked_for_again_from_the_beginning(broken: Any) -> None:
    async with asking(broken, "Hello again.") as one:
        reply = await one.model.complete(CHAT)
    assert (reply.text, reply.usage.tries, len(one.waits)) == ("Hello again.", 2, 1)
    assert one.shown["text"] == "Hello again."


@pytest.mark.parametrize(
    ("silent", "patience"),
    [
        (Said(stops="silence"), {"first_token_seconds": 0.1}),
        (Said("Hello, this is", stops="stall"), {"stall_seconds": 0.1}),
    ],
)
async def test_an_endpoint_that_falls_silent_is_left_and_asked_again(
    silent: Said, patience: dict[str, Any]
) -> None:
    async with asking(silent, "Hello again.", **patience) as one:
        reply = await one.model.complete(CHAT)
    assert (reply.text, reply.usage.tries) == ("Hello again.", 2)
    assert "fell silent" in await failure_of(silent, retries=0, **patience)


@pytest.mark.parametrize("size", [1, 7, 100_000])
async def test_bytes_may_arrive_cut_anywhere(size: int) -> None:
    said = Said("£40 für den 🫖.", CALLS, thought="Größe?", bytes_at_once=size)
    reply = await reply_to(said)
    assert (reply.text, reply.thought, reply.tool_calls) == (said.text, said.thought, CALLS)


async def test_many_calls_run_at_once_over_one_model() -> None:
    def echo(request: dict[str, Any]) -> Any:
        return request["messages"][0]["content"]

    async with asking(echo) as one:
        asked = [str(n) for n in range(60)]
        replies = await asyncio.gather(
            *(one.model.complete([{"role": "user", "content": text}]) for text in asked)
        )
    assert [reply.text for reply in replies] == asked


# What is an error at once


async def test_an_answer_that_was_filtered_or_refused_is_an_error_that_says_so() -> None:
    assert "content filter" in await failure_of(Said("I", finish="content_filter"))
    assert "refused: I cannot." in await failure_of(Said(refusal="I cannot."))


async def test_a_web_page_instead_of_an_answer_says_what_to_check() -> None:
    said = await failure_of(Raw("<html>Welcome</html>", "text/html; charset=utf-8"))
    assert "web page; check base_url in models.toml" in said


async def test_an_answer_without_a_choice_is_an_error_that_says_so() -> None:
    said = await failure_of(Raw("{}", "application/json"), retries=0)
    assert said == "scripted: the endpoint answered without a choice"


async def test_a_redirect_is_not_followed() -> None:
    async with asking("Hello.") as elsewhere:
        location = {"location": f"{elsewhere.endpoint.url}/chat/completions"}
        assert "redirects" in await failure_of(Failure(307, headers=location))
    assert elsewhere.endpoint.requests == []


# Keys


async def test_a_key_goes_to_its_own_endpoint_and_to_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-admin-secret")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv(
        "OPENAI_CUSTOM_HEADERS", "X-Own: custom-secret\nauthorization: Bearer secret"
    )
    monkeypatch.setenv("LOCAL_KEY", "its-own-key")
    async with asking("Hello.") as without, asking("Hello.", key_env="LOCAL_KEY") as keyed:
        await without.model.complete(CHAT)
        await keyed.model.complete(CHAT)
    assert "secret" not in json.dumps([without.endpoint.headers, keyed.endpoint.headers])
    assert without.endpoint.keys == [None]
    assert keyed.endpoint.keys == ["Bearer its-own-key"]


async def test_a_key_that_an_endpoint_echoes_is_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_KEY", "its-own-key")
    settings: dict[str, Any] = {"key_env": "LOCAL_KEY", "retries": 0}
    echo = "you sent its-own-key"
    for failure in (Failure(400, echo), Failure(500, echo), Failure(403, echo), Said(refusal=echo)):
        assert "its-own-key" not in await failure_of(failure, **settings)
    async with asking(Failure(500, "x" * 590 + "its-own-key"), **settings) as one:
        with pytest.raises(ModelFailed) as failed:
            await one.model.complete(CHAT)
        assert "its-own" not in str(failed.value)
        assert len(str(failed.value)) == 600
        assert "its-own-key" not in repr(vars(one.model))
