import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.answers.highlights import fragments

TEXT = (
    "A drill for wood and steel. " * 20
    + "The battery lasts a whole day. "
    + "It comes in a case. " * 20
    + "A second battery is included, and a charger."
)


def bare(fragment: str) -> str:
    return fragment.removeprefix("… ").removesuffix(" …")


def test_the_passages_around_the_words_are_shown_those_with_most_words_first():
    first, second = fragments(TEXT, ["battery", "charger"])
    assert "battery is included, and a charger." in first
    assert "The battery lasts" in second


def test_passages_are_word_for_word_and_say_where_they_are_cut():
    for fragment in fragments(TEXT, ["battery"]):
        assert bare(fragment) in TEXT
        assert fragment.startswith("… ")
    assert fragments("A short text.", ["short"]) == ("A short text.",)


@pytest.mark.parametrize("words", [[], ["xylophone"]])
def test_a_text_without_the_words_has_no_passage(words: list[str]):
    assert fragments(TEXT, words) == ()


def test_words_are_found_in_any_case_and_number():
    assert fragments("Two BATTERIES inside", ["battery"]) == ("Two BATTERIES inside",)


def test_no_more_passages_than_asked_for():
    assert len(fragments(TEXT, ["drill"], count=3)) == 3
    assert fragments(TEXT, ["drill"], count=0) == ()


def test_passages_do_not_overlap():
    text = " ".join(f"drill{at} drill" for at in range(200))
    found = [set(bare(each).split()) - {"drill"} for each in fragments(text, ["drill"], count=4)]
    assert sum(map(len, found)) == len(set().union(*found))


@given(
    st.lists(st.sampled_from("drill battery case wood,\n steel. x".split(" ")), max_size=80),
    st.integers(20, 200),
)
def test_passages_are_substrings_of_about_the_width_asked_for(tokens: list[str], width: int):
    text = " ".join(tokens)
    flat = " ".join(text.split())
    for fragment in fragments(text, ["battery", "steel"], width=width):
        assert bare(fragment) in flat
        assert len(bare(fragment)) <= 2 * width
        assert "battery" in fragment or "steel" in fragment


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=5), max_size=4))
def test_any_text_can_be_looked_through(text: str, words: list[str]):
    flat = " ".join(text.split())
    for fragment in fragments(text, words):
        assert fragment in flat or bare(fragment) in flat
