"""Where the index is, which web is searched, and other settings: flags, then the environment,
then the user's own file.

Nothing is read from the current folder: a cloned repository must not be able to say which index
is read or what is run.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import platformdirs

from servers.elastic.address import is_address, parse_address
from servers.index import ServersError

APP = "productresearch"
_KNOWN = frozenset({"index", "web"})
_KNOWN_WEB = frozenset({"mode", "provider", "searxng_url"})

WebMode = Literal["off", "index", "live", "replay"]
"""No web tools; the indexed pages; the live web beside them; what was kept of the live web."""
ProviderName = Literal["searxng", "brave", "tavily"]


Place = Path | str
"""Of an index: the folder of an embedded one, or the address of one in Elasticsearch."""


class BadSettings(ServersError):
    """A setting that cannot be read or used."""


def config_file() -> Path:
    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"


def default_index() -> Path:
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / "index"


def index_place(flag: str | None, environment: Mapping[str, str] | None = None) -> Place:
    """A folder is absolute. Raises BadSettings, BadAddress."""
    environment = os.environ if environment is None else environment
    named = flag or environment.get("PRODUCTRESEARCH_INDEX") or _from_file().get("index")
    if not named:
        return default_index()
    return str(parse_address(named)) if is_address(named) else _folder(named)


@dataclass(frozen=True)
class WebSettings:
    provider: ProviderName | None = None
    """The one that is named, else the first that is set up; None: none is."""
    searxng_url: str | None = None
    brave_key: str | None = field(default=None, repr=False)
    tavily_key: str | None = field(default=None, repr=False)


def web_mode(flag: WebMode | None, environment: Mapping[str, str] | None = None) -> WebMode:
    """Raises BadSettings."""
    environment = os.environ if environment is None else environment
    named = flag or _web_setting("mode", "PRODUCTRESEARCH_WEB", environment) or "index"
    return cast(WebMode, _one_of("web mode", named, get_args(WebMode)))


def web_settings(environment: Mapping[str, str] | None = None) -> WebSettings:
    """The search service. Keys come from the environment alone. Raises BadSettings."""
    environment = os.environ if environment is None else environment
    url = _web_setting("searxng_url", "PRODUCTRESEARCH_SEARXNG_URL", environment)
    if url is not None and not _is_web_address(url):
        raise BadSettings(
            "PRODUCTRESEARCH_SEARXNG_URL (searxng_url) must be the address of a SearXNG, like"
            f" http://127.0.0.1:8888; {_without_secrets(url)!r} is none."
        )
    brave = environment.get("BRAVE_API_KEY") or None
    tavily = environment.get("TAVILY_API_KEY") or None
    set_up = {"searxng": url, "brave": brave, "tavily": tavily}
    named = _web_setting("provider", "PRODUCTRESEARCH_WEB_PROVIDER", environment)
    if named is None:
        named = next((name for name, value in set_up.items() if value), None)
    if named is not None:
        _one_of("web provider", named, get_args(ProviderName))
    return WebSettings(cast(ProviderName | None, named), url, brave, tavily)


def _web_setting(name: str, variable: str, environment: Mapping[str, str]) -> str | None:
    return environment.get(variable) or _web_from_file().get(name)


def _one_of(what: str, named: str, known: tuple[str, ...]) -> str:
    if named not in known:
        raise BadSettings(f"{named!r} is no {what}; known: {', '.join(known)}.")
    return named


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _folder(named: str) -> Path:
    if named.startswith("file:"):
        parts = urlsplit(named)
        if parts.netloc not in ("", "localhost"):
            raise BadSettings(f"{named}: a file address names a folder of this machine.")
        named = url2pathname(parts.path) if parts.path.startswith("/") else unquote(parts.path)
    return Path(named).expanduser().absolute()


def _without_secrets(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname or ''}"
    except ValueError:
        return "it"


def _web_from_file() -> dict[str, str]:
    return cast(dict[str, str], _from_file().get("web", {}))


def _from_file() -> dict[str, Any]:
    path = config_file()
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from error
    web = raw.get("web", {})
    if not isinstance(web, dict):
        raise BadSettings(f"{path}: web must be a table: [web].")
    _check(path, {name: value for name, value in raw.items() if name != "web"}, _KNOWN)
    _check(path, cast(dict[str, Any], web), _KNOWN_WEB)
    return raw


def _check(path: Path, table: Mapping[str, Any], known: frozenset[str]) -> None:
    for name, value in table.items():
        if name not in known:
            raise BadSettings(
                f"{path}: unknown setting {name!r}; known: {', '.join(sorted(known))}."
            )
        if not isinstance(value, str) or not value:
            raise BadSettings(f"{path}: {name} must be a text in quotes.")
