"""The arithmetic of benchmarks/grounding.py on a case small enough to count by hand."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.grounding import (
    FOLDER,
    Extra,
    Finder,
    Label,
    Sentence,
    Status,
    runs,
    score,
    sentences,
)
from client.trajectory import Trajectory

SCRIPT = Path(__file__).parent.parent.parent / "benchmarks" / "grounding.py"
CHEAP = Label("£64", "price", "supported", ("p4",))
LIGHT = Label("228 g", "attribute", "supported", ("p4",))
BOTH = Sentence("s1", "headphones", "The Sennholt costs £64 and weighs 228 g.", (CHEAP, LIGHT))
PROSE = Sentence("s2", "headphones", "Under £150 there is much to choose from.", ())


@dataclass(frozen=True)
class Claimed:
    start: int
    end: int
    text: str
    status: Status
    evidence: tuple[str, ...]


def finding(*said: tuple[str, Status, str]) -> Finder:
    """Finds these words, each with the status and the alias it is said to be tied to."""

    def find(run: Trajectory, markup: str) -> list[Claimed]:
        assert run.evidence["p4"].fields["brand"] == "Sennholt"
        return [
            Claimed(at, at + len(text), text, status, (alias,))
            for text, status, alias in said
            if (at := markup.find(text)) >= 0
        ]

    return find


def test_a_claim_is_recalled_where_a_found_one_overlaps_it():
    scored, extra = score([BOTH], runs(), finding(("costs £64", "supported", "p4")))
    assert [(one.verdict, one.wrong, one.tied) for one in scored] == [
        ("supported", False, True),
        (None, False, False),
    ]
    assert not extra


def test_words_beside_a_claim_do_not_recall_it():
    scored, extra = score([BOTH], runs(), finding(("costs", "supported", "p4")))
    assert [one.verdict for one in scored] == [None, None]
    assert extra == [Extra(BOTH, "costs", "supported")]


def test_the_worst_verdict_on_a_claim_counts():
    find = finding(("costs £64", "supported", "p4"), ("£64 and", "contradicted", "p1"))
    scored, _ = score([BOTH], runs(), find)
    assert (scored[0].verdict, scored[0].wrong) == ("contradicted", True)
    find = finding(("costs £64", "supported", "p4"), ("£64 and", "not found", "p1"))
    scored, _ = score([BOTH], runs(), find)
    assert (scored[0].verdict, scored[0].wrong) == ("not found", True)


def test_a_claim_tied_to_other_evidence_is_told():
    scored, _ = score([BOTH], runs(), finding(("weighs 228 g", "supported", "p1")))
    assert (scored[1].wrong, scored[1].tied) == (False, False)


def test_a_claim_found_in_prose_is_extra():
    _, extra = score([PROSE], runs(), finding(("£150", "contradicted", "p1")))
    assert extra == [Extra(PROSE, "£150", "contradicted")]


def test_the_labelled_sentences_are_read_in_order():
    first = sentences("held_out")[0]
    lines = (FOLDER / "held_out.jsonl").read_text(encoding="utf-8").splitlines()
    assert first.id in lines[0]
    assert len(sentences("held_out")) == len(lines)


def test_the_faults_of_held_out_sentences_are_not_listed():
    command = [sys.executable, SCRIPT, "--set", "held_out", "--faults"]
    done = subprocess.run(command, cwd=SCRIPT.parent.parent, capture_output=True, text=True)
    assert done.returncode == 2
    assert "held-out sentences are only counted" in done.stderr


def test_the_script_scores_every_label_with_the_code_that_checks_reports():
    command = [sys.executable, SCRIPT, "--set", "tuning", "--json"]
    done = subprocess.run(command, cwd=SCRIPT.parent.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["tuning"]
    assert figures["claims"] == sum(len(sentence.labels) for sentence in sentences("tuning"))
    assert 0 < figures["recall"]["low"] < figures["recall"]["mean"] <= 1
