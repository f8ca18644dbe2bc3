"""A small language model on this machine: loads it, and continues a chat token by token."""

import json
import os
import re
from collections.abc import Generator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from finetune.errors import FinetuneError, library

TEMPLATE = (Path(__file__).parent / "hermes.jinja").read_text(encoding="utf-8")
"""For a model whose own template has no tools."""
_END = "<|im_end|>"


class LocalModel:
    """One model, for one thread. Raises FinetuneError where none can be loaded from `path`: a
    folder as transformers saves it, or a .gguf file."""

    def __init__(self, path: Path) -> None:
        self._torch = library("torch")
        model, self._tokenizer = loaded(path)
        self._device = "cuda" if self._torch.cuda.is_available() else "cpu"
        self._model = model.to(self._device).eval()
        self.name = path.resolve().stem if path.is_file() else path.resolve().name
        self.context_tokens = int(model.config.max_position_embeddings)
        self._template = _template(self._tokenizer)
        self._ends = _ends(self._model, self._tokenizer, self._template)
        self._control = _control(self._tokenizer)
        self._read: tuple[list[int], Any] | None = None
        """The tokens read last, and what the model made of them: most chats go on from there."""

    def prompt(
        self, turns: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]], begun: str = ""
    ) -> list[int]:
        """The tokens of the chat, up to where the answer begins with `begun`.

        Control tokens in anyone's text are broken up: they would end its turn."""
        said = self._control.sub(
            lambda found: f"{found[0][0]} {found[0][1:]}",
            json.dumps([list(turns), list(tools)], ensure_ascii=False),
        )
        turns, tools = json.loads(said)
        text = self._tokenizer.apply_chat_template(
            turns,
            tools=tools or None,
            chat_template=self._template,
            add_generation_prompt=True,
            tokenize=False,
        )
        return self._tokenizer(text + begun, add_special_tokens=False).input_ids

    def generate(
        self, prompt: Sequence[int], limit: int, temperature: float = 0.0, seed: int | None = None
    ) -> Generator[str]:
        """One piece of text for each token, "" where a character is not whole yet. Ends before
        `limit` where the model does. The most likely token is taken at temperature 0."""
        decoder = library("tokenizers").decoders.DecodeStream(skip_special_tokens=True)
        chance = self._torch.Generator(self._device)
        if seed is None:
            chance.seed()
        else:
            chance.manual_seed(seed)
        read, cache = self._taken(prompt)
        new = list(prompt[len(read) :])
        try:
            for _ in range(limit):
                scores = self._forward(new, cache)
                read += new
                token = self._chosen(scores, temperature, chance)
                if token in self._ends:
                    return
                new = [token]
                yield decoder.step(self._tokenizer.backend_tokenizer, token) or ""
        finally:
            if cache.get_seq_length() == len(read):
                self._read = (read, cache)

    def _taken(self, prompt: Sequence[int]) -> tuple[list[int], Any]:
        """What is known of the prompt's beginning; at least its last token is read anew."""
        fresh: tuple[list[int], Any] = [], library("transformers").DynamicCache()
        (read, cache), self._read = self._read or fresh, None
        pairs = zip(read, prompt[:-1], strict=False)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        if not same:
            return fresh
        cache.crop(same)
        return read[:same], cache

    def _forward(self, tokens: Sequence[int], cache: Any) -> Any:
        """The scores of the next token."""
        with self._torch.inference_mode():
            ids = self._torch.tensor([list(tokens)], device=self._device)
            said = self._model(
                input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1
            )
            return said.logits[0, -1].float()

    def _chosen(self, scores: Any, temperature: float, chance: Any) -> int:
        if temperature == 0:
            return int(scores.argmax())
        likely = self._torch.softmax(scores / temperature, dim=-1)
        return int(self._torch.multinomial(likely, 1, generator=chance))


def loaded(path: Path) -> tuple[Any, Any]:
    """(model, tokenizer). Raises FinetuneError."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # A path that is not there is no name of a model on a hub.
    if not path.is_dir() and path.suffix != ".gguf":
        raise FinetuneError(f"{path}: name a folder with a model in it, or a .gguf file")
    transformers = library("transformers")
    library("transformers.utils.logging").disable_progress_bar()
    try:
        if path.is_dir():
            tokenizer = transformers.AutoTokenizer.from_pretrained(path)
            return transformers.AutoModelForCausalLM.from_pretrained(path), tokenizer
        return _from_gguf(transformers, path)
    except (OSError, ValueError, KeyError, ImportError) as error:
        why = " ".join(str(error).split())[:300]
        raise FinetuneError(f"{path}: no model can be loaded from it ({why})") from error


def _from_gguf(transformers: Any, path: Path) -> tuple[Any, Any]:
    model = transformers.AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=library("torch").bfloat16
    )
    # AutoTokenizer makes another one of the file, with a BOS and tokens that are not the model's.
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(
        path.parent, gguf_file=path.name
    )
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(model.config.eos_token_id)
    tokenizer.clean_up_tokenization_spaces = False
    return model, tokenizer


def _template(tokenizer: Any) -> str:
    own = tokenizer.chat_template
    return own if isinstance(own, str) and "tools" in own else TEMPLATE


def _ends(model: Any, tokenizer: Any, template: str) -> frozenset[int]:
    """The tokens that end a turn."""
    stated = model.generation_config.eos_token_id
    ends = {stated} if isinstance(stated, int) else set(stated or ())
    ends.add(tokenizer.eos_token_id)
    if _END in template:
        ends.add(tokenizer.convert_tokens_to_ids(_END))
    return frozenset(ends - {None, tokenizer.unk_token_id})


def _control(tokenizer: Any) -> re.Pattern[str]:
    added = tokenizer.added_tokens_decoder.values()
    tokens = {_END, *(token.content for token in added if token.special)}
    return re.compile("|".join(re.escape(token) for token in sorted(tokens, key=len, reverse=True)))
