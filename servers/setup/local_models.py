"""Model servers that people run on their own machine, found on the ports they use by default."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

PORTS = {"Ollama": 11434, "LM Studio": 1234, "llama.cpp": 8080, "vLLM": 8000}

_OWNERS = {"library": "Ollama", "llamacpp": "llama.cpp", "sglang": "SGLang", "vllm": "vLLM"}
"""By what a server says of its models, since another program may listen on a usual port."""

_SECONDS = 0.5
_LARGEST = 1_000_000
"""Bytes of an answer that are read: whatever listens there may be no model server."""


@dataclass(frozen=True)
class LocalServer:
    program: str
    url: str
    """What OPENAI_BASE_URL must say."""
    models: tuple[str, ...]
    """The names it takes, those that only embed left out."""


def running(ports: Mapping[str, int] = PORTS) -> Iterator[LocalServer]:
    """Those that list their models on loopback. Programs that do not are passed over."""
    # No proxy stands between a program and its own machine.
    with httpx2.Client(timeout=_SECONDS, trust_env=False) as client:
        for program, port in ports.items():
            url = f"http://127.0.0.1:{port}/v1"
            listed = _listed(client, f"{url}/models")
            if listed is not None:
                names = tuple(name for name, _ in listed if _chats(name))
                owner = next((_OWNERS[by] for _, by in listed if by in _OWNERS), program)
                yield LocalServer(owner, url, names)


def _chats(name: str) -> bool:
    return name.isprintable() and "embed" not in name.lower()


def _listed(client: httpx2.Client, url: str) -> list[tuple[str, str]] | None:
    """(name, owner) of each model, or None where no model server answers."""
    try:
        with client.stream("GET", url) as response:
            if response.status_code != 200:
                return None
            body = _body(response)
        models: list[Any] = json.loads(body)["data"] or []
        return [(str(model["id"]), str(model.get("owned_by"))) for model in models]
    except (httpx2.HTTPError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _body(response: httpx2.Response) -> bytes:
    """Raises ValueError where it is too large or takes too long."""
    until, body = time.monotonic() + _SECONDS, bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > _LARGEST or time.monotonic() > until:
            raise ValueError("no list of models")
    return bytes(body)
