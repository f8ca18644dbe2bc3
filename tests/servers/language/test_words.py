import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.language.words import STOP_WORDS, analyze, content_words, normal, singular


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('24" monitor', ["24", "inch", "monitor"]),
        ("24”", ["24", "inch"]),
        ("500GB SSD", ["500", "gb", "ssd"]),
        ("1.5m cable", ["1.5", "m", "cable"]),
        ("a 10.1 inch tablet", ["a", "10.1", "inch", "tablet"]),
        ("1,000 sheets", ["1,000", "sheet"]),
        ("IEEE 802.11n", ["ieee", "802.11", "n"]),
        ("StarTech.com", ["startech.com"]),
        ("Santa's Express", ["santa", "express"]),
        ("Full-HD (1080p)", ["full", "hd", "1080p"]),
        ("ＦＵＬＬ　ｗｉｄｔｈ", ["full", "width"]),
        ("usb_cable", ["usb", "cable"]),
        ("", []),
        ("!? --- 🙂", []),
    ],
)
def test_text_is_cut_into_words_and_numbers_with_their_units(text: str, words: list[str]):
    assert analyze(text) == words


@pytest.mark.parametrize("unit", ["5 metres", "5 meters", "5 metre"])
def test_a_unit_that_is_written_out_has_one_spelling(unit: str):
    assert analyze(unit) == ["5", "metre"]


def test_in_is_a_unit_behind_a_number_only():
    assert analyze("24 in monitor") == ["24", "inch", "monitor"]
    assert analyze("in stock") == ["in", "stock"]


def test_both_spellings_of_english_are_one():
    assert analyze("colored gray fiber") == analyze("coloured grey fibre")


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("batteries", "battery"),
        ("boxes", "box"),
        ("watches", "watch"),
        ("glasses", "glass"),
        ("knives", "knife"),
        ("mice", "mouse"),
        ("lenses", "lens"),
        ("headphones", "headphone"),
        ("ties", "tie"),
    ],
)
def test_a_plural_is_its_singular(plural: str, one: str):
    assert singular(plural) == singular(one) == one


@pytest.mark.parametrize("word", ["lens", "chess", "wireless", "bus", "glass", "series", "gps"])
def test_a_word_that_only_looks_like_a_plural_is_left_alone(word: str):
    assert singular(word) == word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Wi-Fi", "wifi"),
        ("Colours", "color"),
        ("height-adjustable", "Height adjustable"),
        ("sound pressure level (printing)", "Sound Pressure Level Printing"),
        ("USB Ports", "usb port"),
    ],
)
def test_names_are_equal_whatever_their_case_spacing_and_number(one: str, other: str):
    assert normal(one) == normal(other)


def test_different_names_stay_different():
    assert normal("display size") != normal("paper size")
    assert normal("usb 2.0") != normal("usb 20")


def test_content_words_leave_out_the_words_of_every_question():
    assert content_words("Can you show me the best kettle for my tea?") == ["kettle", "tea"]


def test_words_that_name_units_and_sizes_are_no_stop_words():
    assert not STOP_WORDS & {"inch", "cm", "a3", "no", "not", "without"}


@given(st.text(max_size=60))
def test_any_text_gives_words_without_spaces(text: str):
    words = analyze(text)
    assert all(word and not any(mark.isspace() for mark in word) for word in words)


_WRITTEN = st.lists(
    st.one_of(
        st.from_regex(r"[A-Za-z]{1,9}(?:'s|-[a-z]{1,4})?", fullmatch=True),
        st.from_regex(r"[0-9]{1,4}(?:[.,][0-9]{1,3})?(?:GB|mm|\"| m| in)?", fullmatch=True),
    ),
    max_size=8,
)


@given(_WRITTEN)
def test_words_read_again_are_the_same_words(tokens: list[str]):
    words = analyze(" ".join(tokens))
    assert analyze(" ".join(words)) == words


@given(_WRITTEN)
def test_case_changes_no_word(tokens: list[str]):
    text = " ".join(tokens)
    assert analyze(text.upper()) == analyze(text.lower())
