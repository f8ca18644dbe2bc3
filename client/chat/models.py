"""What is known of each model: where it is served, what it costs, how much it reads.

Read from models.toml in the user's configuration folder and never from the current folder: a
cloned repository must not be able to send a key elsewhere.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import httpx2
import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from client.errors import ClientError

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
        if self.base_url is not None and not is_address(self.base_url):
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
    """Which field it is first, and what it should be; never the value, which may be a key."""
    fault = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = ModelSettings.model_fields if len(fault["loc"]) > 1 else _File.model_fields
        return f"{where} is not a setting; known: {', '.join(known)}."
    return f"{where}: {fault['msg'].removeprefix('Value error, ')}."


def is_address(url: str) -> bool:
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL:
        return False
    return parts.scheme in ("http", "https") and bool(parts.host)
