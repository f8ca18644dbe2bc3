"""Writes our entry into the configuration of an MCP client, and takes it out again.

Everything else in the file stays as it is. A file that cannot be read as JSON is left alone: a
person's configuration is worth more than our entry.
"""

import json
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from servers.index import ServersError
from servers.settings import Place

Client = Literal["claude-code", "claude-desktop", "vscode", "cursor"]
Json = dict[str, Any]
Outcome = Literal["added", "replaced", "unchanged", "removed", "absent"]


class CannotInstall(ServersError):
    """The client's configuration could not be changed; it is as it was."""

    paste: str | None = None
    """What the user can put into the file by hand instead."""


@dataclass(frozen=True)
class _Form:
    path: Callable[[], Path]
    key: str
    """The object of the file that maps names to servers."""
    typed: bool
    """Whether an entry says its transport."""
    after: str
    """What the user does next."""


def _home() -> Path:
    return Path.home()


def _application_data(name: str) -> Path:
    """The folder where desktop programs keep a user's settings."""
    if sys.platform == "darwin":
        return _home() / "Library" / "Application Support" / name
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or _home() / "AppData" / "Roaming") / name
    return Path(os.environ.get("XDG_CONFIG_HOME") or _home() / ".config") / name


FORMS: Mapping[Client, _Form] = {
    "claude-code": _Form(
        lambda: _home() / ".claude.json",
        "mcpServers",
        typed=True,
        after="Start a new Claude Code session; /mcp lists the server.",
    ),
    "claude-desktop": _Form(
        lambda: _application_data("Claude") / "claude_desktop_config.json",
        "mcpServers",
        typed=False,
        after="Quit Claude Desktop and start it again.",
    ),
    "vscode": _Form(
        lambda: _application_data("Code") / "User" / "mcp.json",
        "servers",
        typed=True,
        after="Run the command `MCP: List Servers` in VS Code and start the server.",
    ),
    "cursor": _Form(
        lambda: _home() / ".cursor" / "mcp.json",
        "mcpServers",
        typed=False,
        after="Switch the server on in Cursor's settings, under MCP.",
    ),
}


@dataclass(frozen=True)
class Installed:
    outcome: Outcome
    path: Path
    backup: Path | None
    after: str


def executable() -> Path:
    """The absolute path of our own program. Raises CannotInstall."""
    here = Path(sys.argv[0]).absolute()
    if here.stem == "productresearch" and here.is_file():
        return here
    beside = Path(sys.executable).with_name(
        "productresearch.exe" if sys.platform == "win32" else "productresearch"
    )
    found = beside if beside.is_file() else shutil.which("productresearch")
    if not found:
        raise CannotInstall(
            "The program `productresearch` was not found beside its Python or on PATH. Install it"
            " (for example with `uv tool install`) and run this command by its name."
        )
    return Path(found).absolute()


def entry(program: Path, index: Place, *, typed: bool) -> Json:
    """How a client starts the server; a client's working folder may be anything."""
    started = {"command": str(program), "args": ["serve", "all", "--index", str(index)]}
    return {"type": "stdio", **started} if typed else started


def snippet(client: Client | None, name: str, program: Path, index: Place) -> str:
    """What to paste into a configuration file."""
    form = FORMS[client] if client else None
    key = form.key if form else "mcpServers"
    typed = form.typed if form else True
    return json.dumps({key: {name: entry(program, index, typed=typed)}}, indent=2)


def install(client: Client, name: str, program: Path, index: Place) -> Installed:
    """Adds or replaces our entry. Raises CannotInstall, and then nothing is changed."""
    form, path = FORMS[client], FORMS[client].path()
    wanted = entry(program, index, typed=form.typed)
    try:
        text, config = _read(path)
        servers = _servers(config, form.key, path)
    except CannotInstall as error:
        error.paste = snippet(client, name, program, index)
        raise
    old = servers.get(name)
    if old == wanted:
        return Installed("unchanged", path, None, form.after)
    if old is not None and not is_ours(old):
        raise CannotInstall(
            f"{path}: {form.key}.{name} is another server. Choose a name with --name."
        )
    servers[name] = {**_kept(old), **wanted}
    backup = _write(path, text, {**config, form.key: servers})
    return Installed("replaced" if old is not None else "added", path, backup, form.after)


def uninstall(client: Client, name: str) -> Installed:
    """Takes out our entry and nothing else. Raises CannotInstall, and then nothing is changed."""
    form, path = FORMS[client], FORMS[client].path()
    text, config = _read(path)
    servers = _servers(config, form.key, path)
    if name not in servers:
        return Installed("absent", path, None, form.after)
    if not is_ours(servers[name]):
        raise CannotInstall(f"{path}: {form.key}.{name} is another server; it stays.")
    del servers[name]
    backup = _write(path, text, {**config, form.key: servers})
    return Installed("removed", path, backup, form.after)


def installed_in(client: Client) -> list[Json]:
    """Our entries in a client's configuration; none where it cannot be read."""
    form = FORMS[client]
    try:
        _, config = _read(form.path())
        servers = _servers(config, form.key, form.path())
    except CannotInstall:
        return []
    return [one for one in servers.values() if is_ours(one)]


def is_ours(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    started = cast(Json, value)
    args = started.get("args")
    program = Path(str(started.get("command", "")).replace("\\", "/")).stem
    return program == "productresearch" and isinstance(args, list) and args[:1] == ["serve"]


def _kept(old: Any) -> Json:
    """What the user added to our entry: an environment, a switch."""
    return cast(Json, old) if isinstance(old, dict) else {}


def _read(path: Path) -> tuple[str | None, Json]:
    """(the text as it stands, what it says); (None, {}) where there is no file."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None, {}
    except (OSError, UnicodeDecodeError) as error:
        raise CannotInstall(f"{path}: cannot be read: {error}") from error
    if not text.strip().removeprefix("\ufeff"):
        return text, {}
    try:
        config: Any = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        comments = " or has comments" if "//" in text or "/*" in text else ""
        raise CannotInstall(
            f"{path}, line {error.lineno}: the file is no plain JSON{comments} ({error.msg});"
            " it was not changed. Change it by hand."
        ) from error
    except RecursionError:
        raise CannotInstall(f"{path}: the file is nested too deeply. Change it by hand.") from None
    if not isinstance(config, dict):
        raise CannotInstall(f"{path}: the file holds no JSON object; it was not changed.")
    return text, cast(Json, config)


def _servers(config: Json, key: str, path: Path) -> Json:
    servers: Any = config.get(key, {})
    if not isinstance(servers, dict):
        raise CannotInstall(f"{path}: {key!r} is no JSON object; the file was not changed.")
    return dict(cast(Json, servers))


def _write(path: Path, old: str | None, config: Json) -> Path | None:
    """Replaces the file at once, in its own style; returns where the old one was copied to."""
    target = Path(os.path.realpath(path))  # a linked dotfile stays a link
    text = json.dumps(config, ensure_ascii=False, indent=_indent(old)) + "\n"
    if old is not None and "\r\n" in old:
        text = text.replace("\n", "\r\n")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        backup = None if old is None else _backup(target)
        _replace(target, text)
    except OSError as error:
        raise CannotInstall(f"{path}: cannot be written: {error}") from error
    return backup


def _indent(old: str | None) -> int | str:
    for line in (old or "").splitlines():
        blank = line[: len(line) - len(line.lstrip())]
        if blank:
            return "\t" if blank[0] == "\t" else len(blank)
    return 2


def _backup(path: Path) -> Path:
    backup = path.with_name(path.name + ".productresearch-backup")
    shutil.copy2(path, backup)
    return backup


def _replace(path: Path, text: str) -> None:
    handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=path.name + ".")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            os.chmod(fresh, stat.S_IMODE(path.stat().st_mode))
        os.replace(fresh, path)
    except BaseException:
        Path(fresh).unlink(missing_ok=True)
        raise
