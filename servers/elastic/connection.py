"""The way to a cluster: whose word is taken for it, and the key, which is never shown.

All that is secret comes from the environment or a file it names.
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from elasticsearch import Elasticsearch

from servers.elastic.address import Address, BadAddress

API_KEY = "PRODUCTRESEARCH_ELASTICSEARCH_API_KEY"
API_KEY_FILE = "PRODUCTRESEARCH_ELASTICSEARCH_API_KEY_FILE"
CA_FILE = "PRODUCTRESEARCH_ELASTICSEARCH_CA_FILE"

_SECONDS = 60.0
_RETRIES = 2
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Access:
    api_key: str | None = field(default=None, repr=False)
    ca_file: Path | None = None


def access(environment: Mapping[str, str] | None = None) -> Access:
    """Raises BadAddress for a file that cannot be read."""
    environment = os.environ if environment is None else environment
    key = environment.get(API_KEY) or None
    if key is None and (named := environment.get(API_KEY_FILE)):
        key = _read(Path(named), API_KEY_FILE)
    certificate = environment.get(CA_FILE)
    if certificate and not Path(certificate).is_file():
        raise BadAddress(f"{CA_FILE} names {certificate}, which is no file.")
    return Access(key, Path(certificate) if certificate else None)


def _read(path: Path, variable: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadAddress(f"{variable} names {path}, which cannot be read: {error}") from error


def connect(address: Address, given: Access | None = None) -> Elasticsearch:
    """Asks nothing of the cluster yet. Certificates are always verified."""
    given = access() if given is None else given
    secure = address.host.startswith("https://")
    if given.api_key and not secure and urlsplit(address.host).hostname not in _LOCAL:
        raise BadAddress(f"{address.host} is not encrypted: the key is sent over https:// only.")
    return Elasticsearch(
        address.host,
        api_key=given.api_key,
        ssl_context=_trusting(given.ca_file) if secure else None,
        request_timeout=_SECONDS,
        retry_on_timeout=False,
        retry_on_status=(429, 502, 503, 504),
        max_retries=_RETRIES,
    )


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise BadAddress(f"{CA_FILE} names {ca_file}, which holds no certificate.") from error
