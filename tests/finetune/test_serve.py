"""The endpoint over real HTTP, before a model that says what it is told to say."""

import json
import socket
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2
import openai
import pytest
import uvicorn

from finetune.errors import FinetuneError
from finetune.serve import build_app, serve

TOOLS: Any = [
    {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}
]
SEARCH = '<tool_call>\n{"name": "search", "arguments": {"query": "kettle"}}\n</tool_call>'
ASK: Any = [{"role": "user", "content": "A kettle?"}]


class Parrot:
    """Says `says`, four letters a token, and keeps what it was asked."""

    name = "parrot"
    context_tokens = 100

    def __init__(self, says: str = "") -> None:
        self.says = says
        self.asked: list[Any] = []
        self.going_on = threading.Event()
        self.going_on.set()
        self.written: list[int] = []
        """Tokens of each answer."""
        self.begun, self.closed = threading.Event(), threading.Event()

    def prompt(
        self, turns: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]], begun: str = ""
    ) -> list[int]:
        self.asked.append((list(turns), list(tools), begun))
        return [0] * sum(len(turn["content"].split()) for turn in turns)

    def generate(
        self, prompt: Sequence[int], limit: int, temperature: float = 0.0, seed: int | None = None
    ) -> Generator[str]:
        self.asked.append((temperature, seed))
        self.written.append(0)
        self.begun.set()
        try:
            for at in range(0, min(len(self.says), limit * 4), 4):
                self.going_on.wait()
                self.written[-1] += 1
                yield self.says[at : at + 4]
        finally:
            self.closed.set()


@contextmanager
def serving(parrot: Parrot) -> Iterator[openai.OpenAI]:
    running = uvicorn.Server(uvicorn.Config(build_app(parrot), log_level="error", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        try:
            with openai.OpenAI(base_url=url, api_key="x", max_retries=0) as client:
                yield client
        finally:
            running.should_exit = True
            thread.join()


def ask(parrot: Parrot, **more: Any) -> Any:
    with serving(parrot) as client:
        return client.chat.completions.create(
            model="parrot", messages=more.pop("messages", ASK), **more
        )


def test_an_answer_comes_whole_with_its_counts():
    said = ask(Parrot("Buy the blue one."))
    assert said.choices[0].message.content == "Buy the blue one."
    assert said.choices[0].finish_reason == "stop"
    assert (said.usage.prompt_tokens, said.usage.completion_tokens) == (2, 5)
    assert said.model == "parrot"


def test_a_call_within_the_text_is_a_call_of_the_api():
    parrot = Parrot(f"I search.\n{SEARCH}")
    said = ask(parrot, tools=TOOLS).choices[0]
    (call,) = said.message.tool_calls
    assert (call.function.name, call.function.arguments) == ("search", '{"query": "kettle"}')
    assert (said.message.content, said.finish_reason) == ("I search.", "tool_calls")
    assert parrot.asked[0] == (ASK, TOOLS, "")


def test_it_streams_text_then_calls_then_counts():
    with serving(Parrot(f"I search.\n{SEARCH}\n{SEARCH}")) as client:
        stream = client.chat.completions.create(
            model="parrot", messages=ASK, tools=TOOLS, stream=True,
            stream_options={"include_usage": True},
        )  # fmt: skip
        chunks = list(stream)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "I search."
    calls = [call for delta in deltas for call in delta.tool_calls or ()]
    assert [(call.index, call.function and call.function.name) for call in calls] == [
        (0, "search"),
        (1, "search"),
    ]
    assert len({call.id for call in calls}) == 2
    assert chunks[-2].choices[0].finish_reason == "tool_calls"
    assert chunks[-1].usage
    assert chunks[-1].usage.completion_tokens == len(deltas) - 1


def test_no_call_is_made_where_none_may_be():
    parrot = Parrot(SEARCH)
    said = ask(parrot, tools=TOOLS, tool_choice="none").choices[0]
    assert (said.message.content, said.message.tool_calls) == (SEARCH, None)
    assert parrot.asked[0] == (ASK, TOOLS, "")


def test_a_call_that_must_be_made_is_begun_for_the_model():
    parrot = Parrot('search", "arguments": {}}\n</tool_call>')
    (call,) = ask(parrot, tools=TOOLS, tool_choice="required").choices[0].message.tool_calls
    assert call.function.name == "search"
    assert parrot.asked[0][2] == '<tool_call>\n{"name": "'
    named = {"type": "function", "function": {"name": "search"}}
    parrot = Parrot('{"query": 1}}\n</tool_call>')
    (call,) = ask(parrot, tools=TOOLS, tool_choice=named).choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("search", '{"query": 1}')


@pytest.mark.parametrize(
    ("more", "said", "finish"),
    [
        ({"max_tokens": 2}, "Buy the ", "length"),
        ({"max_completion_tokens": 1}, "Buy ", "length"),
        ({"stop": "blue"}, "Buy the ", "stop"),
        ({"stop": ["!", " one"]}, "Buy the blue", "stop"),
    ],
)
def test_an_answer_ends_where_it_is_asked_to(more: Any, said: str, finish: str):
    choice = ask(Parrot("Buy the blue one."), **more).choices[0]
    assert (choice.message.content, choice.finish_reason) == (said, finish)


def test_temperature_and_seed_reach_the_model_and_greedy_is_the_default():
    parrot = Parrot("Yes")
    ask(parrot)
    ask(parrot, temperature=0.7, seed=3)
    assert parrot.asked[1::2] == [(0.0, None), (0.7, 3)]


def test_a_chat_is_read_in_every_form_the_api_has():
    parrot = Parrot("Yes")
    parts = [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}]
    call = {"id": "c1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    ask(
        parrot,
        messages=[
            {"role": "developer", "content": parts},
            {"role": "assistant", "content": None, "reasoning_content": "hm", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "none"},
        ],
    )  # fmt: skip
    assert parrot.asked[0][0] == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "assistant",
            "content": "",
            "reasoning_content": "hm",
            "tool_calls": [{"type": "function", "function": {"name": "search", "arguments": "{}"}}],
        },
        {"role": "tool", "content": "none"},
    ]


@pytest.mark.parametrize(
    ("more", "status", "param", "said"),
    [
        ({"messages": []}, 400, "messages", "at least 1 item"),
        ({"messages": [{"role": "king", "content": "x"}]}, 400, "messages.0.role", "'system'"),
        ({"messages": [{"role": "user", "content": "x " * 101}]}, 400, "messages", "101 tokens"),
        ({"temperature": 9}, 400, "temperature", "less than or equal to 2"),
        ({"n": 2}, 400, "n", "1"),
        ({"tools": [{"type": "web"}]}, 400, "tools.0.type", "function"),
        ({"response_format": {"type": "json_object"}}, 400, "response_format", "plain text only"),
    ],
)
def test_what_cannot_be_answered_says_which_field_and_why(
    more: Any, status: int, param: str, said: str
):
    with pytest.raises(openai.APIStatusError, match=said) as refused:
        ask(Parrot("Yes"), **more)
    assert refused.value.status_code == status
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"


def test_another_model_another_path_and_no_json_get_errors_of_the_same_form():
    with serving(Parrot()) as client:
        assert [model.id for model in client.models.list()] == ["parrot"]
        with pytest.raises(openai.NotFoundError, match="this server has 'parrot'") as unknown:
            client.chat.completions.create(model="gpt", messages=ASK)
        assert unknown.value.code == "model_not_found"
        with pytest.raises(openai.NotFoundError, match="POST /v1/chat/completions"):
            client.embeddings.create(model="parrot", input="x")
        url = f"{client.base_url}chat/completions"
        for body in (b"{", b"[" * 100_000, b"\xff"):
            answer = httpx2.post(url, content=body, trust_env=False)
            assert answer.status_code == 400
            assert answer.json()["error"]["message"] == "the body is no JSON"
        elsewhere = httpx2.get(
            f"{client.base_url}models", headers={"host": "evil.example"}, trust_env=False
        )
        assert elsewhere.status_code == 400


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_that_nobody_waits_for_is_given_up(stream: bool):
    parrot = Parrot("word" * 90)
    with serving(parrot) as client:
        parrot.going_on.clear()
        body = {"model": "parrot", "messages": ASK, "stream": stream}
        with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as asking:
            text = json.dumps(body).encode()
            asking.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length:"
                b" %d\r\n\r\n%s" % (len(text), text)
            )
            assert parrot.begun.wait(20)
        parrot.going_on.set()
        assert parrot.closed.wait(20)
        assert client.chat.completions.create(model="parrot", messages=ASK).choices
    assert parrot.written[0] < 90
    assert parrot.written[1] == 90


def test_requests_wait_for_their_turn():
    parrot = Parrot("Yes")
    answers: list[Any] = []
    with serving(parrot) as client:
        parrot.going_on.clear()

        def one() -> None:
            said = client.chat.completions.create(model="parrot", messages=ASK)
            answers.append(said.choices[0].message.content)

        threads = [threading.Thread(target=one) for _ in range(5)]
        for thread in threads:
            thread.start()
        assert parrot.begun.wait(20)
        assert parrot.written == [0]
        parrot.going_on.set()
        for thread in threads:
            thread.join()
    assert answers == ["Yes"] * 5


class Broken(Parrot):
    def generate(self, *asked: Any, **more: Any) -> Generator[str]:
        yield "Yes"
        raise RuntimeError("out of memory")


def test_a_model_that_fails_says_so_and_the_server_goes_on():
    with serving(Broken()) as client:
        for _ in range(2):
            with pytest.raises(openai.InternalServerError, match="out of memory"):
                client.chat.completions.create(model="parrot", messages=ASK)
        stream = client.chat.completions.create(model="parrot", messages=ASK, stream=True)
        with pytest.raises(openai.APIError, match="out of memory"):
            list(stream)


def test_a_port_that_is_taken_is_an_error_that_says_so():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(FinetuneError, match=f"port {port}: .* choose another --port"):
            serve(Parrot(), "127.0.0.1", port)
