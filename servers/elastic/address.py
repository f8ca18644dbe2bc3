"""Where an index in Elasticsearch is: `http(s)://host:port/prefix`."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from servers.index import ServersError

_PREFIX = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")


class BadAddress(ServersError):
    """The address, key or certificate of a cluster cannot be used."""


@dataclass(frozen=True)
class Address:
    host: str
    """With scheme and port, and nothing else: "https://es.example:9200"."""
    prefix: str
    """Begins the name of every index of ours."""

    def __str__(self) -> str:
        return f"{self.host}/{self.prefix}"


def is_address(named: str) -> bool:
    return named.startswith(("http://", "https://"))


def parse_address(url: str) -> Address:
    """Raises BadAddress, with an example of what is meant and nothing secret."""
    wanted = (
        "Name a folder, or an Elasticsearch like https://host:9200/shop: all its indices begin"
        " with that last word."
    )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadAddress(f"This is no address of an index. {wanted}") from None
    if parts.username is not None or parts.password is not None:
        raise BadAddress(
            "An address with a user or a password in it would be written down in many places:"
            f" use an API key. {wanted}"
        )
    prefix = parts.path.strip("/")
    if not parts.hostname or parts.query or parts.fragment or not _PREFIX.fullmatch(prefix):
        raise BadAddress(f"{parts.scheme}://{parts.hostname or ''} names no index. {wanted}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = 443 if parts.scheme == "https" else 9200
    return Address(f"{parts.scheme}://{host}:{port or default}", prefix)
