from pathlib import Path

import pytest

from servers.elastic.address import Address, BadAddress, parse_address
from servers.elastic.connection import API_KEY, API_KEY_FILE, CA_FILE, Access, access, connect


@pytest.mark.parametrize(
    ("url", "host", "prefix"),
    [
        ("https://es.example/shop", "https://es.example:443", "shop"),
        ("http://localhost:9207/shop-2/", "http://localhost:9207", "shop-2"),
        ("http://[::1]/shop", "http://[::1]:9200", "shop"),
    ],
)
def test_an_address_is_a_host_and_a_prefix(url: str, host: str, prefix: str) -> None:
    assert parse_address(url) == Address(host, prefix)


def test_the_key_comes_from_the_environment_or_a_file_and_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret-key\n")
    given = access({API_KEY_FILE: str(tmp_path / "key")})
    assert given.api_key == "secret-key"
    assert access({API_KEY: "other", API_KEY_FILE: str(tmp_path / "key")}).api_key == "other"
    assert "secret-key" not in repr(given)


@pytest.mark.parametrize("variable", [API_KEY_FILE, CA_FILE])
def test_a_file_that_is_not_there_is_named_with_its_variable(tmp_path: Path, variable: str) -> None:
    with pytest.raises(BadAddress, match=variable):
        access({variable: str(tmp_path / "nothing")})


def test_a_file_that_holds_no_certificate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(BadAddress, match=CA_FILE):
        connect(parse_address("https://es.example/shop"), Access(ca_file=tmp_path / "ca.pem"))


def test_a_key_is_not_sent_in_the_open() -> None:
    with pytest.raises(BadAddress, match="not encrypted"):
        connect(parse_address("http://es.example:9200/shop"), Access(api_key="secret-key"))
    connect(parse_address("http://127.0.0.1:9200/shop"), Access(api_key="secret-key")).close()
