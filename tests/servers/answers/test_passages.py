import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.answers.passages import Section, best_passage, relevance, sections, sentences

REVIEW = (
    "I have used drills for thirty years. It came in a red case. "
    "The battery lasts a whole day of work! Would I buy it again? Yes. "
    "My neighbour has one too."
)


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('He said "no." Then left.', ['He said "no."', "Then left."]),
        ("Costs 3.50 at shop.example today.", ["Costs 3.50 at shop.example today."]),
        ("First line\nsecond line\n\nthird", ["First line", "second line", "third"]),
        ("Great.Bought two.", ["Great.", "Bought two."]),
        ("  \n ", []),
        ("", []),
    ],
)
def test_a_text_is_cut_at_the_ends_of_its_sentences(text: str, expected: list[str]):
    assert cut(text) == expected


def test_an_endless_sentence_is_cut_at_a_space():
    parts = cut("word " * 300)
    assert max(map(len, parts)) <= 400
    assert all(part.startswith("word") and part.endswith("word") for part in parts)


def test_the_passage_that_answers_is_found():
    answer = "The battery lasts a whole day of work!"
    assert best_passage(REVIEW, "how long does the battery last", len(answer)) == answer


@pytest.mark.parametrize("longest", [60, 90, 120])
def test_a_passage_is_filled_with_whole_sentences_around_the_answer(longest: int):
    passage = best_passage(REVIEW, "battery", longest)
    assert "The battery lasts a whole day of work!" in passage
    assert set(cut(passage)) <= set(cut(REVIEW))
    assert longest - 40 < len(passage) <= longest


def test_deep_in_a_long_text_a_passage_holds_most_of_the_words_in_whole_sentences():
    filler = [f"Sentence {at} is about steel." for at in range(40)]
    filler[20], filler[31], filler[32] = "The battery.", "Its battery is fine.", "The case too."
    passage = best_passage(" ".join(filler), "battery case", 80)
    assert "Its battery is fine. The case too." in passage
    assert set(cut(passage)) <= set(filler)
    assert len(passage) <= 80


def test_a_text_that_does_not_speak_of_it_is_opened():
    assert best_passage(REVIEW, "xylophone", 70) == (
        "I have used drills for thirty years. It came in a red case."
    )


def test_a_short_text_is_its_own_passage():
    assert best_passage("Fine.", "battery", 100) == "Fine."


def test_words_of_the_query_are_found_in_any_number_and_spelling():
    text = "It is big. The colours are bright. It is small."
    assert best_passage(text, "color", 25) == "The colours are bright."


@given(st.text(max_size=300), st.text(max_size=40), st.integers(20, 120))
def test_a_passage_is_cut_out_of_the_text_word_for_word(text: str, query: str, longest: int):
    passage = best_passage(text, query, longest)
    assert passage in text
    assert len(passage) <= longest


_PROSE = st.lists(
    st.sampled_from(
        "the battery lasts. Good value! It\n\nbroke # drill ## why? 3.5 yes".split(" ")
    ),
    max_size=60,
).map(" ".join)


@given(_PROSE, st.sampled_from(["battery", "why broke", "", "zzz"]), st.integers(400, 500))
def test_a_passage_with_room_for_a_sentence_is_whole_sentences(text: str, query: str, longest: int):
    padded = f"{text}\n{'A drill for wood. ' * 30}\n{text}"
    assert set(cut(best_passage(padded, query, longest))) <= set(cut(padded))


@given(_PROSE)
def test_sentences_stand_in_order_and_leave_nothing_but_space_out(text: str):
    spans = sentences(text)
    assert all(start < end for start, end in spans)
    assert spans == sorted(spans)
    assert "".join("".join(cut(text)).split()) == "".join(text.split())


PAGE = """Before all.

# Routers

Intro of routers.

## Criteria

First criterion.
Still the first.

Second criterion.

## Picks #

The pick.

# Cables

Of cables.
"""


def test_a_page_is_cut_at_its_headings_each_with_its_path():
    assert sections(PAGE) == [
        Section(None, ("Before all.",)),
        Section("Routers", ("Intro of routers.",)),
        Section("Routers > Criteria", ("First criterion.\nStill the first.", "Second criterion.")),
        Section("Routers > Picks", ("The pick.",)),
        Section("Cables", ("Of cables.",)),
    ]


def test_a_page_without_text_has_no_sections():
    assert sections("") == []
    assert sections("# Title\n\n## Only headings\n") == []


@given(_PROSE)
def test_paragraphs_are_cut_out_of_the_page_word_for_word(page: str):
    for section in sections(page):
        assert all(paragraph in page and paragraph.strip() for paragraph in section.paragraphs)


def test_rare_words_of_the_query_count_most():
    texts = ["the battery of a drill", "a drill", "a drill with a case", "nothing here"]
    scores = relevance(texts, "drill battery")
    assert scores[0] > scores[1] == scores[2] > scores[3] == 0


def test_saying_it_again_counts_a_little():
    once, twice, often = relevance(["battery", "battery battery", "battery " * 50], "battery")
    assert once < twice < often < 2 * once


def test_a_query_of_stop_words_finds_nothing_relevant():
    assert relevance(["the best", "what is it"], "what is the best") == [0.0, 0.0]
