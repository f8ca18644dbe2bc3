"""The prompts beside this module, and how they are filled."""

import re
from pathlib import Path

_FOLDER = Path(__file__).parent / "prompts"
PROMPTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.glob("*.md"))}
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def filled(name: str, **values: str) -> str:
    """The prompt with each {name} replaced; a KeyError where one has no value."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], PROMPTS[name]).strip()
