"""Turns one fetched document into Markdown, in a process of its own.

Run by `servers.live.reading` as a child: a first line of JSON (url, kind, charset), then the
document, on stdin; one line of JSON on stdout. What a hostile document can bring down is this
process and nothing else.
"""

import io
import json
import logging
import re
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

from servers.answers.hygiene import clean, clean_line
from servers.index import BadSource
from servers.language.values import Unclear, parse_date
from servers.sources.markdown import first_heading, readable, without_front_matter
from servers.sources.pages import stated_in_html

MOST_PAGES = 200
MOST_TEXT = 400_000
"""Characters."""
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w-]{2,40})", re.IGNORECASE)
_MEMORY = 2_000_000_000


def main() -> None:
    _limit_memory()
    logging.disable()  # what the libraries think of a document is no one's business here
    about = json.loads(sys.stdin.buffer.readline())
    body = sys.stdin.buffer.read()
    try:
        found = parse(about["url"], about["kind"], about["charset"], body)
    except BadSource as error:
        found = {"error": str(error)}
    sys.stdout.write(json.dumps(found))


def parse(url: str, kind: str, charset: str | None, body: bytes) -> dict[str, Any]:
    """title, text (Markdown), published (ISO). Raises BadSource where nothing can be read."""
    if kind == "pdf":
        stated = _from_pdf(body)
    elif kind == "html":
        stated = stated_in_html(_decoded(body, charset))
    else:
        text = _decoded(body, charset)
        text = readable(without_front_matter(text)) if kind == "markdown" else text.strip()
        stated = {"title": first_heading(text), "text": text}
    text = clean(str(stated["text"]))  # here, since hostile text may take its time
    if not text.strip():
        raise BadSource("there is no readable text in it")
    if len(text) > MOST_TEXT:
        text = f"{text[:MOST_TEXT]}\n\n[The rest is left out: the page is very long.]"
    title = clean_line(str(stated["title"] or _name(url)))[:300]
    return {"title": title, "text": text, "published": _day(stated.get("published"))}


def _decoded(body: bytes, charset: str | None) -> str:
    """As the server says, else as the page says, else UTF-8, else what the web falls back on."""
    meta = _META_CHARSET.search(body[:2048])
    for name in (charset, meta and meta[1].decode("ascii", "replace")):
        try:
            if name:
                return body.decode(name, "replace")
        except (LookupError, ValueError):
            continue
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def _from_pdf(body: bytes) -> dict[str, Any]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise BadSource("the PDF is locked with a password")
        texts = [page.extract_text().strip() for page in reader.pages[:MOST_PAGES]]
        title = reader.metadata.title if reader.metadata else None
        left = len(reader.pages) - len(texts)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadSource(f"the PDF is damaged ({type(error).__name__})") from None
    parts = [f"## Page {n}\n\n{text}" for n, text in enumerate(texts, 1) if text]
    if not parts:
        raise BadSource("the PDF holds no text (a scan?)")
    if left > 0:
        parts.append(f"[{left} more pages are left out.]")
    return {"title": title, "text": "\n\n".join(parts)}


def _name(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc


def _day(raw: Any) -> str | None:
    try:
        found = parse_date(raw if isinstance(raw, str) else None)
    except Unclear:
        return None
    return None if found is None else found.isoformat()


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
