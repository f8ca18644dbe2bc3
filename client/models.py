"""What is known of each model: where it is served, what it costs, how much it reads.

Read from models.toml in the user's configuration folder and never from the current folder: a
cloned repository must not be able to send a key elsewhere.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from client.errors import ClientError, ModelFailed

OPENAI = "https://api.openai.com/v1"
_APP = "productresearch"

Price = Annotated[float, Field(ge=0)]
Tokens = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]


class BadModelSettings(ClientError):
    """models.toml cannot be read or used."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ModelSettings(_Table):
    """One table [models."NAME"]; all of it may be left out."""

    base_url: str | None = None
    """None: OPENAI_BASE_URL with OPENAI_API_KEY, or OpenAI's own."""
    key_env: str | None = None
    """The environment variable that holds the key of `base_url`; None: it gets no key."""
    input_price: Price | None = None
    """Of a million tokens, in `currency`."""
    output_price: Price | None = None
    currency: str | None = None
    context_tokens: Tokens | None = None
    max_output_tokens: Tokens | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    extra_body: dict[str, Any] = Field(default={}, repr=False)
    """Sent with each request as it is."""
    first_token_seconds: Seconds = 300.0
    """How long the model may read before it says anything."""
    stall_seconds: Seconds = 60.0
    """How long it may pause once it speaks."""

    @model_validator(mode="after")
    def _whole(self) -> "ModelSettings":
        if (self.input_price is None) != (self.output_price is None):
            raise ValueError("input_price and output_price go together")
        if self.key_env and not self.base_url:
            raise ValueError("key_env needs the base_url that the key is for")
        if self.base_url is not None and not _is_address(self.base_url):
            raise ValueError("base_url starts with http:// or https:// and names a host")
        return self

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """None where no price is known."""
        if self.input_price is None or self.output_price is None:
            return None
        spent = input_tokens * self.input_price + output_tokens * self.output_price
        return round(spent / 1_000_000, 9)


class _File(_Table):
    models: dict[str, ModelSettings] = {}


def models_file() -> Path:
    return Path(platformdirs.user_config_dir(_APP, appauthor=False)) / "models.toml"


def settings_of(name: str) -> ModelSettings:
    """Those of the model, or all defaults. Raises BadModelSettings."""
    path = models_file()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ModelSettings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadModelSettings(f"{path}: {error}") from error
    try:
        return _File.model_validate(raw).models.get(name) or ModelSettings()
    except ValidationError as error:
        raise BadModelSettings(f"{path}: {_fault(error)}") from None


def _fault(error: ValidationError) -> str:
    """The first one: which field, and what it should be. The value itself may be a key."""
    fault = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = ModelSettings.model_fields if len(fault["loc"]) > 1 else _File.model_fields
        return f"{where} is not a setting; known: {', '.join(known)}."
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}."


# Where a model is asked


@dataclass(frozen=True)
class Endpoint:
    url: str
    key: str = field(repr=False)
    """Empty where none is sent."""
    set_by: str
    """What to check where the endpoint does not answer."""
    key_set_by: str
    withheld: tuple[str, ...] = ()
    """Headers that the client library would send of itself, meant for another endpoint."""


def endpoint_of(
    name: str, settings: ModelSettings, environment: Mapping[str, str] | None = None
) -> Endpoint:
    """A key goes to the endpoint that it was given for, and to no other. Raises ModelFailed."""
    environment = os.environ if environment is None else environment
    if settings.base_url:
        return _configured(name, settings.base_url, settings.key_env, environment)
    url, key = environment.get("OPENAI_BASE_URL"), _key("OPENAI_API_KEY", environment)
    if not key and not url:
        raise ModelFailed(
            f"no model endpoint for {name!r}: set OPENAI_API_KEY, or OPENAI_BASE_URL for a"
            " server of your own; --model rules needs neither"
        )
    if url and not _is_address(url):
        raise ModelFailed("OPENAI_BASE_URL must start with http:// or https:// and name a host")
    return Endpoint(url or OPENAI, key, "OPENAI_BASE_URL", "OPENAI_API_KEY")


def _configured(
    name: str, url: str, variable: str | None, environment: Mapping[str, str]
) -> Endpoint:
    key = _key(variable, environment) if variable else ""
    if variable and not key:
        raise ModelFailed(f"no key for {name!r}: set {variable}")
    custom = environment.get("OPENAI_CUSTOM_HEADERS", "").splitlines()
    names = [line.partition(":")[0].strip() for line in custom]
    withheld = ("OpenAI-Organization", "OpenAI-Project", *names)
    where = variable or "key_env in models.toml"
    return Endpoint(url, key, "base_url in models.toml", where, withheld)


def _key(variable: str, environment: Mapping[str, str]) -> str:
    key = environment.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise ModelFailed(f"{variable} holds characters that no key has; set it again")
    return key


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
