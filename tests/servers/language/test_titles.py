import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.language.titles import (
    before_measures,
    endings,
    first_phrases,
    is_measure,
    small_letter_runs,
    without_brand,
)


@pytest.mark.parametrize(
    ("title", "brand", "rest"),
    [
        ("HP LaserJet 5550", "HP", "LaserJet 5550"),
        ("hp - LaserJet", "HP", "LaserJet"),
        ("LaserJet by HP", "HP", "LaserJet by HP"),
        ("LaserJet", None, "LaserJet"),
    ],
)
def test_a_brand_is_taken_off_the_front_of_a_title(title: str, brand: str | None, rest: str):
    assert without_brand(title, brand) == rest


@pytest.mark.parametrize(
    ("title", "naming"),
    [
        ('iPAQ 214 handheld mobile computer 10.2 cm (4")', [("handheld", "mobile", "computer")]),
        ("T0520 ink cartridge for large printers", [("ink", "cartridge")]),
        ("Kensington case to carry notebooks", [("case",)]),
        ("Multi-purpose labels 20x50 mm blue paper matt", [("label",)]),
        ("SWV2434W HDMI cable 5 m", [("hdmi", "cable")]),
        ("ST100 HDMI to DVI-D cable", [("cable",)]),
        ("ThinkVision L2440p", []),
    ],
)
def test_words_in_small_letters_behind_the_model_name_the_thing(
    title: str, naming: list[tuple[str, ...]]
):
    assert small_letter_runs(title)[0] == naming


def test_words_behind_a_measure_describe_the_thing():
    assert small_letter_runs("Labels 20x50 mm blue paper matt")[1] == [("blue", "paper", "matt")]


@pytest.mark.parametrize(
    ("title", "first"),
    [
        ("Santa's Express Train Set, 00 Gauge", ("santa", "express", "train", "set")),
        ("Docking Station for HP Notebook", ("docking", "station")),
        ("Wooden Blocks - 50 pieces", ("wooden", "block")),
        ("Sports Kite (Rainbow)", ("sport", "kite")),
        ("Chess Set with Board", ("chess", "set")),
        ("Monitor 24 inch", ("monitor",)),
    ],
)
def test_the_first_noun_phrase_ends_before_what_only_describes_it(
    title: str, first: tuple[str, ...]
):
    assert first_phrases(title)[0] == first


def test_a_title_of_measures_has_no_phrase():
    assert first_phrases("24 inch, 10 x 20 cm") == []


def test_a_phrase_ends_before_its_first_size():
    phrase = ("label", "a4", "96x139", "mm", "white", "paper")
    assert before_measures(phrase) == ("label",)
    assert before_measures(("train", "set")) == ()


@pytest.mark.parametrize("word", ["mm", "gb", "24", "a4", "10x20"])
def test_units_numbers_and_sizes_are_measures(word: str):
    assert is_measure(word)


def test_a_noun_is_no_measure():
    assert not is_measure("printer")


def test_endings_come_longest_first():
    assert endings(("electric", "train", "set")) == [
        ("electric", "train", "set"),
        ("train", "set"),
        ("set",),
    ]
    assert endings(("a", "b", "c"), 2) == [("b", "c"), ("c",)]
    assert endings(()) == []


@given(st.text(max_size=80))
def test_any_title_gives_phrases_of_words(title: str):
    naming, describing = small_letter_runs(title)
    for phrase in (*naming, *describing, *first_phrases(title)):
        assert all(word.strip() for word in phrase)
