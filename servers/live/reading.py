"""A fetched document as a page: its title, Markdown text and date."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
from pydantic import ValidationError

from servers.live.answers import WebFailed, shown
from servers.live.fetching import Fetched
from servers.records import Page

_SECONDS = 20.0
_ROOT = str(Path(__file__).resolve().parents[2])
# -P: a module in the current folder must not run in place of ours.
_CHILD = f"import sys; sys.path.insert(0, {_ROOT!r}); from servers.live.parsing import main; main()"


async def read(fetched: Fetched, id: str, seconds: float = _SECONDS) -> Page:
    """Raises WebFailed for a document without readable text, or one that takes too long."""
    said = await _parsed(fetched, seconds)
    if "error" in said:
        raise WebFailed(f"{shown(fetched.url)}: {said['error']}. Read another page.")
    try:
        return Page(
            id=id,
            title=said["title"] or fetched.url,
            text=said["text"],
            url=fetched.url,
            site=urlsplit(fetched.url).hostname,
            published=said["published"],
            fetched=datetime.now(UTC).replace(microsecond=0),
        )
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        raise WebFailed(f"{shown(fetched.url)}: {reason}. Read another page.") from error


async def _parsed(fetched: Fetched, seconds: float) -> dict[str, Any]:
    about = {"url": fetched.url, "kind": fetched.kind, "charset": fetched.charset}
    # Nothing that parses a stranger's document is given the keys of our environment.
    kept = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
    try:
        with anyio.fail_after(seconds):
            done = await anyio.run_process(
                [sys.executable, "-P", "-c", _CHILD],
                input=json.dumps(about).encode() + b"\n" + fetched.body,
                check=False,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in kept if name in os.environ},
            )
        return json.loads(done.stdout)
    except TimeoutError:
        why = f"it takes more than {seconds:g} seconds to read"
    except ValueError:  # it died: no memory, or a fault in a library
        why = "it cannot be read"
    raise WebFailed(f"{shown(fetched.url)}: {why}. Read another page.")
