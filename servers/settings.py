"""Where the index is, and other settings: flags, then the environment, then the user's own file.

Nothing is read from the current folder: a cloned repository must not be able to say which index
is read or what is run.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import platformdirs

from servers.index import ServersError

APP = "productresearch"
_KNOWN = frozenset({"index"})


class BadSettings(ServersError):
    """A setting that cannot be read or used."""


def config_file() -> Path:
    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"


def default_index() -> Path:
    return Path(platformdirs.user_data_dir(APP, appauthor=False)) / "index"


def index_path(flag: str | None, environment: Mapping[str, str] | None = None) -> Path:
    """The folder of the embedded index, absolute. Raises BadSettings."""
    environment = os.environ if environment is None else environment
    named = flag or environment.get("PRODUCTRESEARCH_INDEX") or _from_file().get("index")
    return _folder(named) if named else default_index()


def _folder(named: str) -> Path:
    if named.startswith(("http://", "https://")):
        raise BadSettings(
            f"{_without_secrets(named)}: search servers are not supported by this version; name a"
            " folder for the embedded index."
        )
    if named.startswith("file:"):
        parts = urlsplit(named)
        if parts.netloc not in ("", "localhost"):
            raise BadSettings(f"{named}: a file address names a folder of this machine.")
        named = url2pathname(parts.path) if parts.path.startswith("/") else unquote(parts.path)
    return Path(named).expanduser().absolute()


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}"


def _from_file() -> dict[str, str]:
    path = config_file()
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettings(f"{path}: {error}") from error
    for name, value in raw.items():
        if name not in _KNOWN:
            known = ", ".join(sorted(_KNOWN))
            raise BadSettings(f"{path}: unknown setting {name!r}; known: {known}.")
        if not isinstance(value, str) or not value:
            raise BadSettings(f"{path}: {name} must be a text in quotes.")
    return raw
