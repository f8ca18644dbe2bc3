from pathlib import Path

import pytest

from servers.settings import BadSettings, config_file, default_index, index_path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("named", "folder"),
    [
        ("shop", "{cwd}/shop"),
        ("file:shop%20one", "{cwd}/shop one"),
        ("file:///data/shop%20one", "/data/shop one"),
        ("~/shop", "{cwd}/HOME/shop"),
    ],
)
def test_an_index_is_named_by_path_or_file_address(home: Path, named: str, folder: str):
    assert index_path(named, {}) == Path(folder.replace("{cwd}", str(home)))


def test_without_a_name_it_is_in_the_users_data_folder(home: Path):
    assert index_path(None, {}) == default_index()
    assert default_index().is_absolute()
    assert home in default_index().parents


@pytest.mark.parametrize(
    "named", ["http://host:9200/x", "https://u:secret@host/x", "file://host/x"]
)
def test_what_is_no_folder_is_refused(named: str):
    with pytest.raises(BadSettings) as refused:
        index_path(named, {})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["index = 5", "indx = 'x'", "index", "\udcff"])
def test_a_users_file_with_a_mistake_is_named(text: str):
    config_file().parent.mkdir(parents=True)
    config_file().write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadSettings, match=r"config\.toml"):
        index_path(None, {})
