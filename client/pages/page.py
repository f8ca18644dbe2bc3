"""What every page has: escaped text, no remote asset, and a policy that lets nothing else in.

A page is one file. Its style and script stand in it and are allowed by their digests, so that
nothing that slipped into the text could run, load or send anything.
"""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from client.wording import harmless

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Link:
    """An address that may be followed, and the host that a reader is told."""

    url: str
    host: str


def link_of(url: object) -> Link | None:
    """None for what is no plain http(s) address: another scheme, or one that hides its host."""
    if not isinstance(url, str) or harmless(url) != url or any(c.isspace() for c in url):
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()  # as browsers show a look-alike
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or "\\" in url:
        return None
    return Link(url, f"{host}{port}")


def rendered(name: str, **data: Any) -> str:
    """The page NAME.html with its style (look.css, NAME.css) and its script (NAME.js, if any)."""
    style = _text("look.css") + _text(f"{name}.css")
    script = _text(f"{name}.js") if (_HERE / f"{name}.js").exists() else ""
    policy = f"default-src 'none'; style-src {_digest(style)};"
    policy += f" script-src {_digest(script)};" if script else ""
    policy += " base-uri 'none'; form-action 'none'"
    template = _PAGES.get_template(f"{name}.html")
    return template.render(
        policy=Markup(policy), style=Markup(style), script=Markup(script), **data
    )


def _shown(value: object) -> object:
    """Plain text without control and direction characters; Jinja escapes it after this."""
    return harmless(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_PAGES = Environment(
    loader=FileSystemLoader(_HERE),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
)
