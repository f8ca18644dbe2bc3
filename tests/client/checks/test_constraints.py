from typing import Any

import pytest

from client.checks.constraints import meets, normal
from client.checks.quantities import parse, quantity
from client.trajectory import Constraint, Evidence


def product(**fields: Any) -> Evidence:
    return Evidence(alias="p1", kind="product", id="x", fields=fields)


def with_attribute(value: str, name: str = "size") -> Evidence:
    return product(attributes=[{"name": name, "value": value, "attribute": "display diagonal"}])


def asked(field: str, op: Any, value: Any, unit: str | None = None) -> Constraint:
    return Constraint(field=field, op=op, value=value, unit=unit)


@pytest.mark.parametrize(
    ("value", "op", "wanted", "unit", "expected"),
    [
        ("23.8 in", "is", 24, "in", True),
        ("23.5 in", "is", 24, "in", True),
        ("24.5 in", "is", 24, "in", False),
        ("60.96 cm", "is", "24 in", None, True),
        ("24", "is", 24, "in", None),
        ('24"', "is", 24, "in", True),
        ("23.85 in", "is", 23.8, "in", False),
        ("49 dB(A)", "at most", 50, "dB", True),
        ("6.3 B(A)", "at most", 50, "dB(A)", False),
        ("1.5 m", "at least", "2 m", None, False),
        ("2 m", "at least", "2 m", None, True),
        ("long", "at least", "2 m", None, None),
        ("22 in, 27 in", "between", (26, 28), "in", True),
        ("22 in", "between", (26, 28), "in", False),
        ("A3, A4", "is", "a3", None, True),
        ("A4", "is", "A3", None, False),
        ("A4", "is", ("A3", "A4"), None, True),
        ("red", "is not", "black", None, True),
        ("Black, red", "is not", "black", None, False),
        ("yes", "is", True, None, True),
        ("130 mm", "is", True, None, True),
        ("yes, 130 mm", "is", True, None, True),
        ("no", "is", True, None, False),
        ("0", "is", True, None, False),
        ("on request", "is", True, None, None),
        ("no", "is", False, None, True),
    ],
)
def test_an_attribute_meets_breaks_or_does_not_state_a_need(
    value: str, op: str, wanted: Any, unit: str | None, expected: bool | None
) -> None:
    need = asked("attributes.size", op, wanted, unit)
    assert meets(with_attribute(value), need) is expected


@pytest.mark.parametrize(
    ("fields", "need", "expected"),
    [
        ({"price": 60.0}, asked("price", "at most", 60), True),
        ({"price": 60.01}, asked("price", "at most", 60), False),
        ({"price": 55, "currency": "GBP"}, asked("price", "at most", 60, "GBP"), True),
        ({"price": 55, "currency": "EUR"}, asked("price", "at most", 60, "GBP"), None),
        ({"price": 55}, asked("price", "at most", 60, "GBP"), True),
        ({}, asked("price", "at most", 60), None),
        ({"rating": 4.0}, asked("rating", "at least", 4), True),
        ({"brand": "ACME"}, asked("brand", "is", "Acme"), True),
        ({"category": ["Office", "Printers"]}, asked("category", "is", "printer"), True),
        ({"in_stock": False}, asked("in_stock", "is", True), False),
        ({"type": None}, asked("type", "is", "monitor"), None),
        ({"type": "pump espresso machine"}, asked("type", "is", "Espresso machines"), True),
        ({"type": "espresso machine descaler"}, asked("type", "is", "espresso machine"), False),
        ({"type": "wagon"}, asked("type", "is not", "train set"), True),
    ],
)
def test_a_field_meets_breaks_or_does_not_state_a_need(
    fields: dict[str, Any], need: Constraint, expected: bool | None
) -> None:
    assert meets(product(**fields), need) is expected


def test_an_attribute_is_found_under_the_name_asked_before_the_catalogs_own() -> None:
    both = product(
        attributes=[
            {"name": "noise level", "value": "49 dB", "attribute": "sound pressure (printing)"},
            {"name": "noise-levels", "value": "49 dB", "attribute": "sound pressure (printing)"},
            {"name": "sound power", "value": "70 dB", "attribute": "noise level"},
        ]
    )
    assert meets(both, asked("attributes.Noise Levels", "at most", 50, "dB")) is True
    assert meets(both, asked("attributes.sound power", "at most", 50, "dB")) is False


def test_names_compare_without_case_hyphens_plural_and_spelling() -> None:
    assert normal("Colour-Temperatures") == normal("color temperature")
    assert normal("glass") == "glass"


def test_quantities_are_read_whole_or_not_at_all() -> None:
    assert parse("60.5 cm") == quantity(60.5, "cm")
    assert parse("1,200 g") == quantity(1200, "g")
    assert parse("about 5 cm") is None
    assert parse("") is None
