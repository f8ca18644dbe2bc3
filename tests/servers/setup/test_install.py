import json
from pathlib import Path
from typing import Any

import pytest

from servers.setup.install import CannotInstall, Client, install, installed_in, snippet, uninstall

PROGRAM = Path("/opt/tools/bin/productresearch")
INDEX = Path("/data/shop index")
FILES: dict[Client, tuple[str, str]] = {
    "claude-code": (".claude.json", "mcpServers"),
    "claude-desktop": (".config/Claude/claude_desktop_config.json", "mcpServers"),
    "vscode": (".config/Code/User/mcp.json", "servers"),
    "cursor": (".cursor/mcp.json", "mcpServers"),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    return tmp_path


def config(home: Path, client: Client, text: str) -> Path:
    path = home / FILES[client][0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def read(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.mark.parametrize("client", FILES)
def test_a_client_starts_the_program_by_absolute_paths(home: Path, client: Client):
    done = install(client, "productresearch", PROGRAM, INDEX)
    name, key = FILES[client]
    entry = read(home / name)[key]["productresearch"]
    assert entry.pop("type", "stdio") == "stdio"
    assert entry == {
        "command": "/opt/tools/bin/productresearch",
        "args": ["serve", "all", "--index", "/data/shop index"],
    }
    assert (done.outcome, done.path, done.backup) == ("added", home / name, None)
    assert len(installed_in(client)) == 1


@pytest.mark.parametrize("client", FILES)
def test_installing_twice_doubles_nothing_and_writes_nothing(home: Path, client: Client):
    install(client, "productresearch", PROGRAM, INDEX)
    before = (home / FILES[client][0]).read_bytes()
    again = install(client, "productresearch", PROGRAM, INDEX)
    assert (again.outcome, again.backup) == ("unchanged", None)
    assert (home / FILES[client][0]).read_bytes() == before


def test_everything_else_in_the_file_stays_as_it_was(home: Path):
    others = {
        "numStartups": 3,
        "mcpServers": {"other": {"command": "x"}},
        "projects": {"/home/ü": {"history": ["‮"]}},
    }
    text = json.dumps(others, indent=4, ensure_ascii=False) + "\n"
    path = config(home, "claude-code", text)
    path.chmod(0o640)
    done = install("claude-code", "productresearch", PROGRAM, INDEX)
    assert read(path)["mcpServers"]["other"] == {"command": "x"}
    assert list(read(path)) == ["numStartups", "mcpServers", "projects"]
    assert path.stat().st_mode & 0o777 == 0o640
    assert done.backup is not None
    assert done.backup.read_text() == text
    assert uninstall("claude-code", "productresearch").outcome == "removed"
    assert path.read_text() == text


def test_a_moved_index_replaces_our_entry_and_keeps_what_the_user_added(home: Path):
    install("cursor", "productresearch", PROGRAM, INDEX)
    path = home / ".cursor/mcp.json"
    changed = read(path)
    changed["mcpServers"]["productresearch"]["env"] = {"PRODUCTRESEARCH_DEBUG": "1"}
    path.write_text(json.dumps(changed))
    assert install("cursor", "productresearch", PROGRAM, Path("/new")).outcome == "replaced"
    entry = read(path)["mcpServers"]["productresearch"]
    assert entry["args"][-1] == "/new"
    assert entry["env"] == {"PRODUCTRESEARCH_DEBUG": "1"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{\n  "mcpServers": {},\n}', "line 3"),
        ('{\n  // mine\n  "servers": {}\n}', "comments"),
        ("[]", "no JSON object"),
        ('{"servers": []}', "'servers'"),
        ("\x00\xff", "no plain JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_left_alone_with_what_to_paste(
    home: Path, text: str, said: str
):
    path = config(home, "vscode", text)
    with pytest.raises(CannotInstall, match=said) as refused:
        install("vscode", "productresearch", PROGRAM, INDEX)
    assert path.read_text() == text
    assert [one.name for one in path.parent.iterdir()] == ["mcp.json"]
    assert json.loads(refused.value.paste or "")["servers"]["productresearch"]["type"] == "stdio"


def test_the_server_of_another_program_is_never_replaced_or_removed(home: Path):
    text = '{"mcpServers": {"productresearch": {"command": "/bin/other", "args": []}}}'
    path = config(home, "cursor", text)
    with pytest.raises(CannotInstall, match="--name"):
        install("cursor", "productresearch", PROGRAM, INDEX)
    with pytest.raises(CannotInstall, match="it stays"):
        uninstall("cursor", "productresearch")
    assert path.read_text() == text


def test_uninstalling_where_nothing_is_installed_changes_nothing(home: Path):
    assert uninstall("cursor", "productresearch").outcome == "absent"
    assert not (home / ".cursor").exists()


def test_a_linked_configuration_stays_a_link(home: Path):
    real = home / "dotfiles.json"
    real.write_text("{}")
    (home / ".cursor").mkdir()
    (home / ".cursor/mcp.json").symlink_to(real)
    install("cursor", "productresearch", PROGRAM, INDEX)
    assert (home / ".cursor/mcp.json").is_symlink()
    assert "productresearch" in real.read_text()


def test_the_snippet_for_any_other_client_is_json(home: Path):
    assert json.loads(snippet(None, "mine", PROGRAM, INDEX))["mcpServers"]["mine"]["command"]
