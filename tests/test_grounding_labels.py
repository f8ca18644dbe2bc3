"""The labelled sentences of tests/data/grounding hold together, and are as varied as they say."""

from collections import Counter

import pytest

from benchmarks.grounding import ALL, Label, Sentence, runs, sentences
from client.markup import marks, quoted

KINDS = {
    "price",
    "rating",
    "count",
    "attribute",
    "difference",
    "sum",
    "ratio",
    "comparison",
    "superlative",
    "quote",
    "negation",
    "range",
    "stock",
    "brand",
    "share",
}


def labels(name: str) -> list[Label]:
    return [label for sentence in sentences(name) for label in sentence.labels]


def every_sentence() -> list[Sentence]:
    return [sentence for name in ALL for sentence in sentences(name)]


def test_ids_and_sentences_are_unique():
    every = every_sentence()
    assert len({sentence.id for sentence in every}) == len(every)
    assert len({sentence.text for sentence in every}) == len(every)


def test_each_claim_stands_exactly_once_in_its_sentence_and_none_overlap():
    for sentence in every_sentence():
        reached = 0
        for label in sentence.labels:
            assert sentence.text.count(label.text) == 1, (sentence.id, label.text)
            at = sentence.text.index(label.text)
            assert at >= reached, (sentence.id, label.text)
            reached = at + len(label.text)


def test_each_label_names_evidence_of_its_set():
    known = {name: set(run.evidence) for name, run in runs().items()}
    for sentence in every_sentence():
        for label in sentence.labels:
            assert label.evidence, (sentence.id, label.text)
            assert set(label.evidence) <= known[sentence.evidence_set], (sentence.id, label.text)


def test_a_sentence_cites_only_evidence_of_its_set():
    known = {name: set(run.evidence) for name, run in runs().items()}
    for sentence in every_sentence():
        cited = {mark.alias for mark in marks(sentence.text)}
        assert cited <= known[sentence.evidence_set], sentence.id


def test_supported_quotes_stand_in_their_evidence_and_others_do_not():
    evidence = {name: run.evidence for name, run in runs().items()}
    for sentence in every_sentence():
        for label in sentence.labels:
            if label.kind == "quote":
                words = label.text[0].upper() + label.text[1:]
                held = [evidence[sentence.evidence_set][alias] for alias in label.evidence]
                found = any(quoted(e, text) for e in held for text in (label.text, words))
                assert found == (label.status == "supported"), (sentence.id, label.text)


@pytest.mark.parametrize("name", ALL)
def test_each_file_has_sentences_of_every_set_kind_and_status(name: str):
    of_file = sentences(name)
    assert len(of_file) >= 160
    assert min(Counter(s.evidence_set for s in of_file).values()) >= 0.1 * len(of_file)
    assert {label.kind for label in labels(name)} == KINDS
    statuses = Counter(label.status for label in labels(name))
    assert statuses["contradicted"] >= 40
    assert statuses["not found"] >= 15


@pytest.mark.parametrize("name", ALL)
def test_a_fifth_of_each_file_claims_nothing(name: str):
    of_file = sentences(name)
    assert sum(not sentence.labels for sentence in of_file) >= 0.2 * len(of_file)
