import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servers.language.units import (
    base_unit,
    canonical_unit,
    convert,
    dimension_of,
    format_quantity,
    parse_quantity,
    to_base,
)
from servers.records import Quantity

UNITS = ["mm", "in", "ft", "kg", "lb", "m²", "fl oz", "W", "kWh", "GHz", "min", "years", "GB",
         "Mbit/s", "dB(A)", "B(A)", "V", "mAh", "cd/m²", "°C", "°F", "°", "%", "ppm", "pages",
         "pieces", "g/m²", "Ω", "psi"]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("60.5 cm", 60.5, "cm"),
        ('24"', 24, "in"),
        ("24”", 24, "in"),
        ("24-inch", 24, "in"),
        ("5.5'", 5.5, "ft"),
        ("1.2 Kg", 1.2, "kg"),
        ("49 dB(A)", 49, "dB(A)"),
        ("6.6 B(A)", 6.6, "B(A)"),
        ("3 years", 3, "years"),
        ("10 W", 10, "W"),
        ("10 m", 10, "m"),
        ("500GB", 500, "GB"),
        ("1.5 TB", 1.5, "TB"),
        ("2.4 GHz", 2.4, "GHz"),
        ("31 ppm", 31, "ppm"),
        ("300 cd/m²", 300, "cd/m²"),
        ("80 g/m2", 80, "g/m²"),
        ("1,000 pages", 1000, "pages"),
        ("1,299.5 kg", 1299.5, "kg"),
        ("2,5 kg", 2.5, "kg"),
        ('3/4"', 0.75, "in"),
        ("1 1/2 in", 1.5, "in"),
        ("-10 °C", -10, "°C"),
        ("4 lbs.", 4, "lb"),
        ("13.5 Fl Oz", 13.5, "fl oz"),
        ("50 sq ft", 50, "ft²"),
        ("6 pc(s)", 6, "pieces"),
    ],
)
def test_a_number_with_a_known_unit_is_a_quantity(text: str, value: float, unit: str) -> None:
    assert parse_quantity(text) == Quantity(value=value, unit=unit)


@pytest.mark.parametrize(
    "text",
    ["", "12", "cm", "30 x 20 cm", "3 years and up", "24 inch TFT", "about 5 kg", "5 - 10 kg",
     "1,299 kg", "1.000 pages", "1e5 mm", "1/0 in", "5 Mb", "5 G", "1 MW", "NaN cm",
     "9" * 400 + " m"],
)  # fmt: skip
def test_what_is_no_single_clear_quantity_is_none(text: str) -> None:
    assert parse_quantity(text) is None


@given(st.decimals(0, 10**9, places=4).map(float), st.sampled_from(UNITS))
def test_a_written_quantity_reads_back_as_itself(value: float, unit: str) -> None:
    if unit in ("pages", "pieces"):
        value = float(int(value))
    assert parse_quantity(format_quantity(value, unit)) == Quantity(value=value, unit=unit)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = parse_quantity(text)
    assert found is None or math.isfinite(found.value)


def test_spellings_of_a_unit_have_one_name() -> None:
    spellings = ("inch", "inches", ", in", '"', "in.", "INCH")
    assert {canonical_unit(text) for text in spellings} == {"in"}
    assert canonical_unit("furlong") is None
    assert canonical_unit("Mb") is None, "a megabit or a megabyte"
    assert (canonical_unit("MB"), canonical_unit("mW"), canonical_unit("MW")) == ("MB", "mW", None)


def test_magnitudes_of_one_dimension_can_be_compared() -> None:
    assert to_base(24, "in") == ("length", 609.6)
    assert to_base(60.96, "cm") == ("length", 609.6)
    assert to_base(6.6, "B(A)") == ("sound level", 66.0)
    assert to_base(66, "dB(A)") == ("sound level", 66.0)
    assert to_base(3, "years") == to_base(36, "months")
    assert to_base(1, "TB") == to_base(1000, "GB")
    assert base_unit("length") == "mm"
    assert dimension_of("inches") == "length"
    assert dimension_of("parsec") is None


@pytest.mark.parametrize(
    ("value", "unit", "to_unit", "expected"),
    [(1, "ft", "in", 12), (100, "°C", "°F", 212), (32, "°F", "°C", 0), (1, "lb", "g", 453.59237),
     (1, "kWh", "J", 3.6e6), (1, "gal", "l", 3.785411784), (0, "K", "°C", -273.15)],
)  # fmt: skip
def test_conversions_are_exact(value: float, unit: str, to_unit: str, expected: float) -> None:
    assert convert(value, unit, to_unit) == expected


@given(st.floats(-1e6, 1e6), st.sampled_from(UNITS))
def test_a_conversion_into_the_base_unit_and_back_changes_nothing(value: float, unit: str) -> None:
    dimension, magnitude = to_base(value, unit)
    back = convert(magnitude, base_unit(dimension), unit)
    assert math.isclose(back, value, rel_tol=1e-9, abs_tol=1e-6)


def test_things_that_measure_something_else_are_not_converted() -> None:
    with pytest.raises(ValueError, match="'in' is a length, 'kg' is a mass"):
        convert(1, "in", "kg")
    with pytest.raises(ValueError, match="unknown unit 'blah'"):
        to_base(1, "blah")
    with pytest.raises(ValueError, match=r"pages.*sheets"):
        convert(1, "pages", "sheets")


def test_quantities_are_written_without_needless_digits() -> None:
    written = [format_quantity(*q) for q in [(24.0, "in"), (604.5, "mm"), (178, "°"), (80, "%"),
                                             (1, "years"), (2, "years"), (1e-7, "m")]]  # fmt: skip
    assert written == ["24 in", "604.5 mm", "178°", "80%", "1 year", "2 years", "0.0000001 m"]
