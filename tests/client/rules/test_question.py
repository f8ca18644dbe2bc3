"""A shopper's question becomes what is looked for, hard needs and wishes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.rules.question import number, read_question
from client.rules.wishes import wish_for

READINGS = {
    "a train set for a 6 year old under £60 that is easy to set up": (
        "train set",
        ["under £60", "for a 6 year old"],
        ["easy to set up"],
    ),
    "a quiet A3 colour laser printer with duplex under 1500": (
        "A3 colour laser printer",
        ["under 1500", "duplex"],
        ["quiet"],
    ),
    "I need a laptop with at least 16 GB RAM and a 15.6 inch screen under $1,200, not from HP": (
        "laptop",
        ["under $1,200", "not from HP", "at least 16 GB RAM", "15.6 inch screen"],
        [],
    ),
    "What is the best HDMI cable, 2 m long, below 20 euros?": (
        "HDMI cable",
        ["below 20 euros", "2 m long"],
        [],
    ),
    "a wireless mouse from Logitech without a number pad": (
        "wireless mouse",
        ["from Logitech", "without number pad"],
        [],
    ),
    "which router supports Wi-Fi 6 and has at least 4 LAN ports?": (
        "router",
        ["Wi-Fi 6", "at least 4 LAN ports"],
        [],
    ),
    "espresso machine with grinder, under 2 kg, quiet and easy to clean, budget 500": (
        "espresso machine",
        ["budget 500", "grinder", "under 2 kg"],
        ["quiet", "easy to clean"],
    ),
    "black toner for HP LaserJet 4250": ("black toner", ["for HP LaserJet 4250"], []),
    "Please recommend a drone with a camera for beginners": (
        "drone",
        ["camera"],
        ["for beginners"],
    ),
    "console table made of solid wood less than $900": (
        "console table",
        ["less than $900", "solid wood"],
        [],
    ),
    "a well made hand puppet under £16 rated at least 4.8": (
        "hand puppet",
        ["rated at least 4.8", "under £16"],
        ["well made"],
    ),
    "an electric kettle that holds at least 1.5 litres, between 30 and 50": (
        "electric kettle",
        ["between 30 and 50", "at least 1.5 litres"],
        [],
    ),
    "an HDMI cable at least 5 m long under 40": (
        "HDMI cable",
        ["under 40", "at least 5 m long"],
        [],
    ),
    "Which is better, Kestrin Duetto or Velmora Vapore?": (
        "Kestrin Duetto or Velmora Vapore",
        [],
        [],
    ),
    "a backpack with laptop pocket, not black": ("backpack", ["laptop pocket", "not black"], []),
    "a grinder for my dad who likes coffee": (
        "grinder",
        [],
        ["for dad", "likes coffee"],
    ),
    "a monitor ≥24 in with < 5 ms response time": (
        "monitor",
        ["at least 24 inch", "under 5 ms response time"],
        [],
    ),
    "puzzles for 5-7 year olds under £20": ("puzzles", ["under £20", "for 5-7 year olds"], []),
    "a game for my 6yo": ("game", ["for my 6 year old"], []),
    "USB sticks with 16 or 32 GB, anything but Velmora": (
        "USB sticks",
        ["anything but Velmora", "16 or 32 GB"],
        [],
    ),
    "a shelf with 3, 4 or 5 boards, in oak or pine": (
        "shelf",
        ["3, 4 or 5 boards", "in oak or pine"],
        [],
    ),
    "hello": ("", [], []),
    "???": ("", [], []),
    "": ("", [], []),
}


@pytest.mark.parametrize("question", READINGS)
def test_a_question_is_read_into_what_is_looked_for_and_its_needs(question: str) -> None:
    reading = read_question(question)
    hard = [need.text for need in reading.needs if need.hard]
    soft = [need.text for need in reading.needs if not need.hard]
    assert (reading.looking_for, hard, soft) == READINGS[question]


BOUNDS = {
    "a kettle under £1,299.50": ("price", "at most", 1299.5),
    "a kettle for £30": ("price", "at most", 30.0),
    "a kettle for 30 euros or less": ("price", "at most", 30.0),
    "a kettle between 20 and 30 euros": ("price", "between", (20.0, 30.0)),
    "a kettle over €100": ("price", "at least", 100.0),
    "a kettle with a budget of 1.500 EUR": ("price", "at most", 1500.0),
    "a kettle rated at least 4 stars": ("rating", "at least", 4.0),
    "a kettle with 4.5 stars or better": ("rating", "at least", 4.5),
    "a kettle with 4+ stars": ("rating", "at least", 4.0),
    "a kettle that is in stock": ("in_stock", "is", True),
    "a kettle but not Bosch": ("brand", "is not", "Bosch"),
}


@pytest.mark.parametrize("question", BOUNDS)
def test_bounds_that_every_shop_has_are_constraints_at_once(question: str) -> None:
    constraints = [need.constraint for need in read_question(question).needs if need.constraint]
    assert [(c.field, c.op, c.value) for c in constraints] == [BOUNDS[question]]


@pytest.mark.parametrize(
    "question",
    ["a bag under 2 kg", "a cable of at least 2 m", "a disk over 500 GB", 'a tv below 40"'],
)
def test_a_bound_with_a_unit_is_not_taken_for_a_price(question: str) -> None:
    assert [n.constraint for n in read_question(question).needs if n.constraint] == []


@pytest.mark.parametrize(
    ("written", "amount"),
    [("1,500", 1500), ("1.500", 1500), ("12.99", 12.99), ("12,99", 12.99), ("1,234.50", 1234.5)],
)
def test_amounts_are_read_in_either_notation(written: str, amount: float) -> None:
    assert number(written) == amount


def test_the_longest_wording_names_the_wish() -> None:
    wish = wish_for("with a good battery life please")
    assert wish is not None
    assert wish.attributes == ("battery life",)
    assert wish_for("purple") is None


@given(st.text(max_size=300))
def test_any_text_is_read_without_failing(question: str) -> None:
    for need in read_question(question).needs:
        assert need.text.strip()
