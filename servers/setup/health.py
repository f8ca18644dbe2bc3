"""What one check of this installation says."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "warn", "fail"]
OK: State = "ok"
WARN: State = "warn"
FAIL: State = "fail"


@dataclass(frozen=True)
class Check:
    name: str
    state: State
    said: str
    to_do: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
