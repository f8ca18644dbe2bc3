from pathlib import Path

import pytest

from servers.index import ServersError
from servers.live.opening import open_web
from servers.settings import (
    BadSettings,
    WebSettings,
    config_file,
    default_index,
    index_place,
    web_mode,
    web_settings,
)


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
    assert index_place(named, {}) == Path(folder.replace("{cwd}", str(home)))


def test_without_a_name_it_is_in_the_users_data_folder(home: Path):
    assert index_place(None, {}) == default_index()
    assert default_index().is_absolute()
    assert home in default_index().parents


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("http://127.0.0.1/shop", "http://127.0.0.1:9200/shop"),
        ("https://es.example/shop/", "https://es.example:443/shop"),
        ("https://[::1]:9243/shop-2", "https://[::1]:9243/shop-2"),
    ],
)
def test_an_index_in_elasticsearch_is_named_by_its_address(named: str, meant: str):
    assert index_place(None, {"PRODUCTRESEARCH_INDEX": named}) == meant


@pytest.mark.parametrize(
    "named",
    [
        "https://u:secret@host/x",
        "file://host/x",
        "http://host:9200",
        "https://host/x?key=secret",
        "https://host/Shop",
        "http://host:port/x",
    ],
)
def test_what_is_no_place_of_an_index_is_refused(named: str):
    with pytest.raises(ServersError) as refused:
        index_place(named, {})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "index = 5",
        "indx = 'x'",
        "index",
        "\udcff",
        "web = 'live'",
        "[web]\nkey = 'x'",
        "[web]\nmode=1",
    ],
)
def test_a_users_file_with_a_mistake_is_named(text: str):
    config_file().parent.mkdir(parents=True)
    config_file().write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadSettings, match=r"config\.toml"):
        index_place(None, {})


def write_config(text: str) -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_text(text)


def test_the_web_is_that_of_the_index_unless_a_flag_a_variable_or_the_file_says_otherwise():
    assert web_mode(None, {}) == "index"
    write_config("[web]\nmode = 'off'\n")
    assert web_mode(None, {}) == "off"
    assert web_mode(None, {"PRODUCTRESEARCH_WEB": "replay"}) == "replay"
    assert web_mode("live", {"PRODUCTRESEARCH_WEB": "replay"}) == "live"
    with pytest.raises(BadSettings, match="off, index, live, replay"):
        web_mode(None, {"PRODUCTRESEARCH_WEB": "on"})


SEARXNG = {"PRODUCTRESEARCH_SEARXNG_URL": "http://127.0.0.1:8888"}
BRAVE, TAVILY = {"BRAVE_API_KEY": "b-key"}, {"TAVILY_API_KEY": "t-key"}


@pytest.mark.parametrize(
    ("environment", "provider"),
    [
        ({}, None),
        (TAVILY, "tavily"),
        (BRAVE | TAVILY, "brave"),
        (SEARXNG | BRAVE | TAVILY, "searxng"),
        (SEARXNG | BRAVE | {"PRODUCTRESEARCH_WEB_PROVIDER": "brave"}, "brave"),
    ],
)
def test_the_search_service_is_the_one_named_or_the_first_set_up(
    environment: dict[str, str], provider: str | None
):
    assert web_settings(environment).provider == provider


def test_the_search_service_may_stand_in_the_users_file_but_no_key():
    write_config("[web]\nprovider = 'searxng'\nsearxng_url = 'https://search.example/x'\n")
    assert web_settings({}) == WebSettings("searxng", "https://search.example/x")
    config_file().write_text("[web]\nbrave_api_key = 'b-key'\n")
    with pytest.raises(BadSettings, match="unknown setting"):
        web_settings({})


def test_nothing_of_the_web_is_read_from_the_current_folder(home: Path):
    (home / "config.toml").write_text("[web]\nsearxng_url = 'https://evil.example'\n")
    (home / ".env").write_text("PRODUCTRESEARCH_SEARXNG_URL=https://evil.example\n")
    assert web_settings({}) == WebSettings()


def test_a_key_is_not_shown():
    assert "-key" not in repr(web_settings(BRAVE | TAVILY))


@pytest.mark.parametrize(
    "url", ["search.example", "ftp://a.example", "http://", "http://[x", "x y"]
)
def test_an_address_of_no_searxng_is_refused(url: str):
    with pytest.raises(BadSettings, match="searxng_url"):
        web_settings({"PRODUCTRESEARCH_SEARXNG_URL": url})


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "set PRODUCTRESEARCH_SEARXNG_URL"),
        ({"PRODUCTRESEARCH_WEB_PROVIDER": "searxng"}, "needs PRODUCTRESEARCH_SEARXNG_URL"),
        ({"PRODUCTRESEARCH_WEB_PROVIDER": "brave"}, "needs BRAVE_API_KEY"),
        ({"PRODUCTRESEARCH_WEB_PROVIDER": "tavily"}, "needs TAVILY_API_KEY"),
        ({"PRODUCTRESEARCH_WEB_PROVIDER": "google"}, "searxng, brave, tavily"),
    ],
)
def test_the_live_web_without_a_search_service_says_what_to_set(
    home: Path, environment: dict[str, str], said: str
):
    with pytest.raises(BadSettings, match=said):
        open_web("live", home / "index", web_settings(environment))
    assert not (home / "index").exists()


def test_only_the_live_web_has_a_network(home: Path):
    settings = web_settings(SEARXNG)
    assert open_web("index", home, settings) is open_web("off", home, settings) is None
    replay, live = open_web("replay", home, settings), open_web("live", home, settings)
    assert replay is not None
    assert live is not None
    assert replay.provider is replay.fetcher is None
    assert None not in (live.provider, live.fetcher)
    assert not live.any_address
