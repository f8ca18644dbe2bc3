"""How many keyless reports hold against the raw files.

Every question whose answer was worked out by hand goes through `productresearch research --model
rules`, and tests/independent.py, which shares no code with what it judges, lists the faults of the
report. The held-out questions were not looked at while rules were written: only their totals are
printed, so that they stay so.

    python benchmarks/reports.py --data DIR [--held-out]

DIR holds icecat, toys, web_pages, webshop and gold.json (PRODUCTRESEARCH_TEST_DATA names it too).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks.measure import bootstrap, parser, show, table, wilson
from tests.independent import faults

_REPOSITORY = Path(__file__).parent.parent
_COMMITTED = _REPOSITORY / "tests" / "data"

_SOURCES: Mapping[str, Sequence[tuple[str, str | None]]] = {
    "icecat": [("icecat/products-*.json.gz", "icecat")],
    "toys": [
        ("toys/products.csv", "toys"),
        ("toys/reviews.jsonl", "toys-reviews"),
        ("web_pages", None),
    ],
    "webshop": [("webshop/products.jsonl.gz", "webshop")],
}
"""What an index of each catalog is made of: files, and the mapping that reads them."""


@dataclass(frozen=True)
class Answered:
    catalog: str
    question: str
    recommended: int
    tool_calls: int
    seconds: float
    faults: tuple[str, ...]
    known: str | None = None
    """Why the question is marked as not answered right yet."""


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--data", default=os.environ.get("PRODUCTRESEARCH_TEST_DATA"))
    options.add_argument("--held-out", action="store_true", help="the held-out questions instead")
    args = options.parse_args()
    if not args.data:
        options.error("name the folder of data sets: --data DIR")
    asked = list(_questions(Path(args.data), args.held_out))
    with tempfile.TemporaryDirectory(prefix="benchmark-") as place:
        answered = list(_answered(asked, Path(args.data), Path(place)))
    text = _totals(answered)
    if not args.held_out:
        text = f"{_each(answered)}\n\n{text}"
    shown = [] if args.held_out else [asdict(one) for one in answered]
    show({"questions": shown, **_figures(answered)}, text, as_json=args.json)


def _questions(data: Path, held_out: bool) -> Iterable[dict[str, Any]]:
    own = [_COMMITTED / "gold_held_out.json"]
    for path in own if held_out else [data / "gold.json", _COMMITTED / "gold_more.json"]:
        yield from json.loads(path.read_text(encoding="utf-8"))["questions"]


# Runs


def _answered(asked: Sequence[dict[str, Any]], data: Path, place: Path) -> Iterable[Answered]:
    for catalog in dict.fromkeys(question["catalog"] for question in asked):
        _index(catalog, data, place / catalog)
    for number, question in enumerate(asked):
        index, run = place / question["catalog"], place / f"run-{number}"
        yield _one(question, index, run, data)


def _index(catalog: str, data: Path, index: Path) -> None:
    for pattern, mapping in _SOURCES[catalog]:
        files = sorted(data.glob(pattern))
        if not files:
            raise SystemExit(f"{data}: no {pattern}, which the questions on {catalog} need")
        _productresearch("index", *files, *_option("--mapping", mapping), "--index", index)


def _option(name: str, value: str | None) -> Sequence[str]:
    return [name, value] if value else []


def _one(question: dict[str, Any], index: Path, run: Path, data: Path) -> Answered:
    start = time.perf_counter()
    asked = ["research", question["question"], "--model", "rules", "--quiet"]
    _productresearch(*asked, "--index", index, "--out", run)
    seconds = time.perf_counter() - start
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    events = (run / "trajectory.jsonl").read_text(encoding="utf-8").splitlines()
    return Answered(
        question["catalog"],
        question["question"],
        len(report["recommended"]),
        sum(json.loads(event).get("event") == "observation" for event in events),
        seconds,
        tuple(faults(run, question, data)),
        question.get("open"),
    )


def _productresearch(*arguments: str | Path) -> None:
    code = "import productresearch; productresearch.main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd=_REPOSITORY, capture_output=True, text=True)
    if done.returncode:
        shown = " ".join(map(str, arguments))
        raise SystemExit(f"productresearch {shown}\n{done.stdout}\n{done.stderr}")


# What is printed


def _each(answered: Sequence[Answered]) -> str:
    rows = [
        [
            f"{one.catalog}: {one.question}",
            len(one.faults),
            one.recommended,
            one.tool_calls,
            f"{one.seconds:.1f}",
        ]
        for one in answered
    ]
    lines = [table(("question", "faults", "recommended", "tool calls", "seconds"), rows)]
    for one in answered:
        if one.faults:
            mark = f" (marked open: {one.known})" if one.known else ""
            lines.append(f"\n{one.question}{mark}")
            lines += [f"  {fault}" for fault in one.faults]
    return "\n".join(lines)


def _totals(answered: Sequence[Answered]) -> str:
    right = sum(not one.faults for one in answered)
    share, number = wilson(right, len(answered)), bootstrap([len(one.faults) for one in answered])
    return (
        f"{right} of {len(answered)} reports without a fault: {share.mean:.0%}"
        f" [95 %: {share.low:.0%} to {share.high:.0%}, Wilson]\n"
        f"faults a report: {number.mean:.2f} [95 %: {number.low:.2f} to {number.high:.2f},"
        " bootstrap]\n"
        f"tool calls: {fmean(one.tool_calls for one in answered):.1f} a report;"
        f" seconds: {median(one.seconds for one in answered):.1f} at the median,"
        f" {max(one.seconds for one in answered):.1f} at most"
    )


def _figures(answered: Sequence[Answered]) -> dict[str, Any]:
    right = sum(not one.faults for one in answered)
    return {
        "reports": len(answered),
        "without_fault": asdict(wilson(right, len(answered))),
        "faults_a_report": asdict(bootstrap([len(one.faults) for one in answered])),
        "tool_calls_a_report": fmean(one.tool_calls for one in answered),
        "seconds_median": median(one.seconds for one in answered),
    }


if __name__ == "__main__":
    main()
