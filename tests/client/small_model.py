"""A real small model behind our own server, for tests of research with it."""

import os
import re
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from client.toolbox import own_program

_SETTINGS = """
[models.{name}]
base_url = "{url}"
context_tokens = 8192
max_output_tokens = {longest}
temperature = 0.0
"""


@contextmanager
def small_model(folder: Path, config: Path, longest: int) -> Generator[dict[str, str]]:
    """The environment in which `research` asks the model in `folder`, with answers of at most
    `longest` tokens; PRODUCTRESEARCH_MODEL is its name. `config`: a new folder for settings."""
    # Two threads on two cores wait for each other as soon as anything else runs.
    environment = {**os.environ, "XDG_CONFIG_HOME": str(config), "OMP_NUM_THREADS": "1"}
    command = [*own_program(), "finetune", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout
        try:
            said = server.stdout.readline()
            ready = re.fullmatch(r"serving (\S+) at (http://127.0.0.1:\d+/v1)\n", said)
            assert ready, said
            name, url = ready.groups()
            (config / "productresearch").mkdir()
            settings = _SETTINGS.format(name=name, url=url, longest=longest)
            (config / "productresearch" / "models.toml").write_text(settings)
            yield {**environment, "PRODUCTRESEARCH_MODEL": name}
        finally:
            server.terminate()
