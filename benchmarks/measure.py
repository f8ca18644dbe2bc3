"""What every figure here needs: intervals, percentiles, fresh processes, tables, the machine.

Nothing here is a wall-clock promise: machines differ and are shared, so the scripts compare
systems side by side, in turns, in one run.
"""

import argparse
import json
import math
import os
import platform
import random
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_LIBRARIES = ("tantivy", "fastmcp", "mcp", "pydantic")
_ROUNDS = 10_000


# Statistics


@dataclass(frozen=True)
class Interval:
    """A mean with the bounds between which 95 % of its bootstrap means lie."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def bootstrap(values: Sequence[float], rounds: int = _ROUNDS, seed: int = 0) -> Interval:
    """The mean of `values`, one a query or question, and its 95 % percentile interval.

    For two systems on the same queries pass the differences query by query: the interval is then
    paired, and far narrower than the intervals of the two means suggest.
    """
    if not values:
        raise ValueError("no values: there is nothing to take a mean of")
    draw = random.Random(seed)
    means = sorted(fmean(draw.choices(values, k=len(values))) for _ in range(rounds))
    return Interval(fmean(values), percentile(means, 0.025), percentile(means, 0.975))


def wilson(successes: int, of: int) -> Interval:
    """A share with its 95 % Wilson score interval, which holds for few trials and for 0 and 1."""
    if not 0 <= successes <= of or of == 0:
        raise ValueError(f"{successes} of {of} is no share")
    z = 1.959964
    share, z2 = successes / of, z * z / of
    middle = (share + z2 / 2) / (1 + z2)
    half = z / (1 + z2) * math.sqrt(share * (1 - share) / of + z2 / (4 * of))
    return Interval(share, middle - half, middle + half)


def percentile(values: Sequence[float], share: float) -> float:
    """Linear between the two nearest of the sorted values; `share` lies in [0, 1]."""
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


# Processes


def in_fresh_process(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What `function` returns in an interpreter of its own, whose peak memory is only its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def peak_megabytes() -> float:
    """The most memory this process has held so far, in MB (10**6 bytes)."""
    try:  # Linux hands ru_maxrss of a parent down to its children
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return int(re.findall(r"VmHWM:\s*(\d+) kB", status)[0]) * 1024 / 1e6
    except (OSError, IndexError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak * (1 if sys.platform == "darwin" else 1024) / 1e6


# What is printed


@cache
def machine() -> dict[str, str]:
    """Where and with what the figures were taken, as it was when first asked."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} cores, {_memory()}, {platform.system()} {platform.machine()}",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "versions": ", ".join(
            [
                f"Python {platform.python_version()}",
                *(f"{name} {version(name)}" for name in _LIBRARIES),
                f"productresearch {_commit()}",
            ]
        ),
    }


def _memory() -> str:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{total / 2**30:.0f} GiB memory"


def _commit() -> str:
    here = Path(__file__).parent
    asked = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    try:
        found = subprocess.run(asked, cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return version("productresearch")
    return found.stdout.strip()


def parser(description: str | None) -> argparse.ArgumentParser:
    machine()  # its load, before ours adds to it
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--json", action="store_true", help="print one JSON object, no table")
    return made


def show(figures: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Prints the machine and then either the figures as JSON or `text`."""
    about = machine()
    if as_json:
        print(json.dumps({**about, **figures}, indent=1))
        return
    for name, value in about.items():
        print(f"{name}: {value}")
    print(f"\n{text}")


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table whose columns line up; the first is left, the others right aligned."""
    lines = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(line, widths) for line in (lines[0], rule, *lines[1:]))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    shown = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return f"| {' | '.join(shown)} |"
