"""Real Elasticsearch for the tests: nodes of their own, in a folder of their own."""

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from elasticsearch import Elasticsearch

_SECONDS = 90
_NOBODY = 65534
_SETTINGS = """\
cluster.name: productresearch-tests
network.host: 127.0.0.1
http.port: {http}
transport.port: {transport}
path.data: {folder}/data
path.logs: {folder}/logs
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
xpack.security.enabled: false
"""


@contextmanager
def node(home: Path, folder: Path) -> Generator[str]:
    """The address of a node that runs until the end of the block."""
    http, transport = _free_ports(2)
    (folder / "config").mkdir()
    (folder / "tmp").mkdir()
    for name in ("jvm.options", "log4j2.properties"):
        shutil.copyfile(home / "config" / name, folder / "config" / name)
    text = _SETTINGS.format(http=http, transport=transport, folder=folder)
    (folder / "config" / "elasticsearch.yml").write_text(text)
    _give_to_nobody(folder)
    with (folder / "output").open("wb") as output:
        running = subprocess.Popen(
            [home / "bin" / "elasticsearch"],
            env=_environment(folder),
            stdout=output,
            stderr=output,
            user=_NOBODY if os.getuid() == 0 else None,  # it refuses to run as root
        )
        try:
            address = f"http://127.0.0.1:{http}"
            _wait_for(address, running, folder)
            yield address
        finally:
            running.terminate()
            running.wait(_SECONDS)


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _give_to_nobody(folder: Path) -> None:
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY)


def _environment(folder: Path) -> Mapping[str, str]:
    found = {name: os.environ[name] for name in ("PATH", "ES_JAVA_HOME") if name in os.environ}
    if "ES_JAVA_HOME" not in found and (java := shutil.which("java")):
        found["ES_JAVA_HOME"] = str(Path(java).resolve().parents[1])
    return {
        **found,
        "ES_PATH_CONF": str(folder / "config"),
        "ES_TMPDIR": str(folder / "tmp"),
        "ES_JAVA_OPTS": "-Xms512m -Xmx512m",
    }


def _wait_for(address: str, running: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if running.poll() is not None:
                break
        time.sleep(0.2)
    said = (folder / "output").read_text(errors="replace")[-2_000:]
    raise RuntimeError(f"the Elasticsearch in {folder} did not start:\n{said}")


@contextmanager
def new_place(address: str) -> Generator[str]:
    """The address of an index that nothing else uses; what is put there is removed again."""
    prefix = f"test-{uuid.uuid4().hex[:10]}"
    yield f"{address}/{prefix}"
    with Elasticsearch(address) as client:
        made = list(client.indices.get_alias(index=f"{prefix}-*"))
        if made:
            client.indices.delete(index=",".join(made))
