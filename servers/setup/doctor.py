"""What is there and what is missing, each with what to do about it."""

import importlib.metadata
import os
import platform
import shlex
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

from servers import settings
from servers.index import Index, IndexMissing, ServersError
from servers.live.doctor import live_web
from servers.opening import open_index
from servers.settings import Place
from servers.setup import install, local_models
from servers.setup.health import FAIL, OK, WARN, Check

_PACKAGES = ("productresearch", "fastmcp", "mcp", "tantivy", "pydantic")
_OLD_DAYS = 30
_MODELS_SHOWN = 5
_MODEL_VARIABLES = ("OPENAI_BASE_URL", "OPENAI_API_KEY")


def checks(
    index: str | None,
    environment: Mapping[str, str] | None = None,
    model_ports: Mapping[str, int] = local_models.PORTS,
) -> list[Check]:
    environment = os.environ if environment is None else environment
    found = [_python(), *_packages()]
    try:
        place = settings.index_place(index, environment)
    except ServersError as error:
        found.append(Check("index", FAIL, str(error), "Name a folder with --index."))
    else:
        found += _index(place)
        found += _clients(place)
    local = (_local(server, environment) for server in local_models.running(model_ports))
    return [*found, *live_web(environment), _model(environment), *local]


def _python() -> Check:
    return Check("python", OK, f"{platform.python_version()} at {sys.executable}")


def _packages() -> Iterator[Check]:
    for name in _PACKAGES:
        try:
            yield Check(name, OK, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            state = WARN if name == "productresearch" else FAIL
            yield Check(name, state, "not installed", "Install productresearch with its packages.")


def _index(place: Place) -> Iterator[Check]:
    how = f"productresearch index SOURCE --index {place}"
    try:
        with closing(open_index(place)) as index:
            counts, snapshot, age = index.counts(), index.snapshot, _age(place, index)
    except IndexMissing:
        yield Check("index", FAIL, f"nothing indexed at {place}", f"Run: {how}")
        return
    except ServersError as error:
        yield Check("index", FAIL, str(error))
        return
    holds = ", ".join(f"{count:,} {kind}s" for kind, count in counts.items())
    said = f"{place}: {holds}; snapshot {snapshot}; written {age} day{'' if age == 1 else 's'} ago"
    if age > _OLD_DAYS:
        yield Check("index", WARN, said, f"Prices and stock may be out of date. Run: {how}")
    else:
        yield Check("index", OK, said)
    if not counts.get("product"):
        yield Check("products", FAIL, "none", f"Index a catalog. Run: {how}")
    if not counts.get("review"):
        yield Check("reviews", WARN, "none", f"Index reviews to have owners' views. Run: {how}")
    pages = counts.get("page", 0)
    if pages:
        yield Check("web", OK, f"the {pages:,} indexed pages")
    else:
        yield Check("web", WARN, "no pages indexed", f"Index a folder of pages. Run: {how}")


def _age(place: Place, index: Index) -> int:
    """Whole days since the index was last written."""
    if isinstance(place, Path):
        times = (one.stat().st_mtime for one in place.iterdir() if one.name != "web")
        newest = max(times, default=time.time())
    else:
        newest = _written(index)
    return max(0, int((time.time() - newest) // 86_400))


def _written(index: Index) -> float:
    from servers.elastic.index import ElasticIndex  # its library may not be installed

    if not isinstance(index, ElasticIndex):
        return time.time()
    return datetime.fromisoformat(index.written()).timestamp()


def _clients(index: Place) -> Iterator[Check]:
    for client in install.FORMS:
        entries = install.installed_in(client)
        if not entries:
            how = f"To use it there, run: productresearch install {client}"
            yield Check(client, OK, "not configured", how)
            continue
        for entry in entries:
            yield _entry(client, entry, index)


def _entry(client: install.Client, entry: install.Json, index: Place) -> Check:
    again = f"Run: productresearch install {client} --index {index}"
    program = Path(str(entry["command"]))
    if not program.is_file():
        return Check(client, FAIL, f"starts {program}, which is not there", again)
    args = [str(arg) for arg in entry["args"]]
    if "--index" in args[:-1] and (served := args[args.index("--index") + 1]) != str(index):
        return Check(client, WARN, f"configured for another index: {served}", again)
    return Check(client, OK, f"configured: {program} {' '.join(args)}")


def _model(environment: Mapping[str, str]) -> Check:
    """Whether one is set, never what it is."""
    given = [name for name in _MODEL_VARIABLES if environment.get(name)]
    if given:
        return Check("model", OK, f"{' and '.join(given)} set")
    return Check(
        "model",
        OK,
        "none set: research runs with --model rules",
        "For a model, set OPENAI_BASE_URL and OPENAI_API_KEY.",
    )


def _local(server: local_models.LocalServer, environment: Mapping[str, str]) -> Check:
    if not server.models:
        said = f"{server.program} at {server.url} has none"
        return Check("local model", WARN, said, f"Download or load one in {server.program}.")
    count = len(server.models)
    shown = ", ".join(server.models[:_MODELS_SHOWN])
    more = f" and {count - _MODELS_SHOWN} more" if count > _MODELS_SHOWN else ""
    said = f"{server.program} at {server.url}: {shown}{more}"
    # What is set for a service elsewhere is not for this one.
    without_key = "unset OPENAI_API_KEY; " if environment.get("OPENAI_API_KEY") else ""
    name = shlex.quote(server.models[0])
    how = f"{without_key}export OPENAI_BASE_URL={server.url}; productresearch research QUESTION"
    return Check("local model", OK, said, f"To use it, run: {how} --model {name}")
