"""Questions to ask of the demo shop, with what they demand in a form that code can check."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Demand:
    """One hard constraint on a spec of the hidden truth (`units` there names its unit)."""

    spec: str
    op: Literal["=", "<=", ">=", "has"]
    """`has`: one of the listed values (HDMI among the ports)."""
    value: bool | float | str


@dataclass(frozen=True)
class ExampleQuestion:
    text: str
    kind: str
    """The product type: `type` in the hidden truth."""
    price_max: float
    """EUR."""
    demands: tuple[Demand, ...]
    soft: str
    """The aspect that owners' reviews tell of."""


EXAMPLE_QUESTIONS = (
    ExampleQuestion(
        "noise cancelling headphones under 200 euros with a microphone and at least 40 h battery "
        "life that are comfortable",
        "headphones",
        200,
        (
            Demand("noise cancelling", "=", True),
            Demand("microphone", "=", True),
            Demand("battery life", ">=", 40),
        ),
        "comfort",
    ),
    ExampleQuestion(
        "a robot vacuum under 600 euros that also mops, with a noise level of at most 64 dB(A) "
        "and at least 120 min run time, good with pet hair",
        "robot vacuum",
        600,
        (
            Demand("mopping", "=", True),
            Demand("noise level", "<=", 64),
            Demand("run time", ">=", 120),
        ),
        "pet hair",
    ),
    ExampleQuestion(
        "a 27 inch monitor with HDMI and height adjustment under 420 euros, with sharp text",
        "monitor",
        420,
        (
            Demand("screen size", "=", 27),
            Demand("ports", "has", "HDMI"),
            Demand("height adjustable", "=", True),
        ),
        "text sharpness",
    ),
    ExampleQuestion(
        "a laser printer with duplex printing under 350 euros, at least 20 ppm, without paper jams",
        "printer",
        350,
        (
            Demand("print technology", "=", "laser"),
            Demand("duplex printing", "=", True),
            Demand("print speed", ">=", 20),
        ),
        "paper feed",
    ),
    ExampleQuestion(
        "an espresso machine with a built-in grinder under 450 euros, at most 30 cm wide, "
        "that makes good milk foam",
        "espresso machine",
        450,
        (
            Demand("built-in grinder", "=", True),
            Demand("steam wand", "=", True),
            Demand("width", "<=", 30),
        ),
        "milk foam",
    ),
    ExampleQuestion(
        "a kettle with a temperature setting under 70 euros, of at least 1 l, that pours well",
        "kettle",
        70,
        (Demand("temperature setting", "=", True), Demand("capacity", ">=", 1)),
        "pouring",
    ),
    ExampleQuestion(
        "a laptop with at least 16 GB memory, 512 GB storage and at most 1.6 kg under 1300 euros, "
        "with a good keyboard",
        "laptop",
        1300,
        (
            Demand("memory", ">=", 16),
            Demand("storage", ">=", 512),
            Demand("weight", "<=", 1.6),
        ),
        "keyboard",
    ),
    ExampleQuestion(
        "an office chair with lumbar support and adjustable armrests for a maximum load of at "
        "least 120 kg under 260 euros, comfortable all day",
        "office chair",
        260,
        (
            Demand("lumbar support", "=", True),
            Demand("adjustable armrests", "=", True),
            Demand("maximum load", ">=", 120),
        ),
        "comfort",
    ),
    ExampleQuestion(
        "an e-bike with a removable battery, a luggage rack and a range of at least 80 km under "
        "2600 euros, with strong brakes",
        "e-bike",
        2600,
        (
            Demand("removable battery", "=", True),
            Demand("luggage rack", "=", True),
            Demand("range", ">=", 80),
        ),
        "brakes",
    ),
    ExampleQuestion(
        "a backpack with a laptop compartment and rain cover, 20 to 30 l, under 95 euros, "
        "comfortable to carry",
        "backpack",
        95,
        (
            Demand("laptop compartment", "=", True),
            Demand("rain cover", "=", True),
            Demand("volume", ">=", 20),
            Demand("volume", "<=", 30),
        ),
        "comfort",
    ),
    ExampleQuestion(
        "an air purifier for 40 m² with an air quality sensor and a night mode under 240 euros, "
        "quiet enough to sleep beside",
        "air purifier",
        240,
        (
            Demand("room size", ">=", 40),
            Demand("air quality sensor", "=", True),
            Demand("night mode", "=", True),
        ),
        "noise",
    ),
    ExampleQuestion(
        "a cooperative board game for at least 4 players, at most 60 min, under 40 euros, with "
        "clear rules",
        "board game",
        40,
        (
            Demand("cooperative", "=", True),
            Demand("maximum players", ">=", 4),
            Demand("playing time", "<=", 60),
        ),
        "rules",
    ),
    ExampleQuestion(
        "a stroller with a lie-flat seat and one-hand folding, at most 9.5 kg, under 290 euros, "
        "smooth to push",
        "stroller",
        290,
        (
            Demand("lie-flat seat", "=", True),
            Demand("one-hand folding", "=", True),
            Demand("weight", "<=", 9.5),
        ),
        "ride",
    ),
    ExampleQuestion(
        "a router with mesh and at least 4 LAN ports under 140 euros, covering at least 130 m², "
        "with a stable connection",
        "router",
        140,
        (
            Demand("mesh", "=", True),
            Demand("lan ports", ">=", 4),
            Demand("coverage", ">=", 130),
        ),
        "stability",
    ),
)

EXAMPLE_QUESTION = EXAMPLE_QUESTIONS[0].text
