"""Numbers and units as a catalog's values show them ("24 in", "60.5 cm", "6.3 B(A)").

Just enough to hold a stated value against what a need asks; a unit it does not know compares
with itself only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

# "_" stands for a space within a spelling.
_UNITS: dict[str, dict[str, tuple[float, str]]] = {
    "length": {
        "mm": (1, "millimetre millimeter"),
        "cm": (10, "centimetre centimeter"),
        "m": (1000, "metre meter"),
        "km": (1e6, "kilometre kilometer"),
        "in": (25.4, "inch inche \" ″ ” ''"),
        "ft": (304.8, "foot feet ′"),
        "yd": (914.4, "yard"),
    },
    "mass": {
        "g": (1, "gram gramme"),
        "kg": (1000, "kilogram kilo"),
        "mg": (0.001, "milligram"),
        "lb": (453.59237, "pound"),
        "oz": (28.349523125, "ounce"),
    },
    "volume": {
        "ml": (1, "millilitre milliliter"),
        "cl": (10, "centilitre centiliter"),
        "l": (1000, "litre liter"),
    },
    "power": {"W": (1, "watt"), "kW": (1000, "kilowatt"), "mW": (0.001, "milliwatt")},
    "energy": {"Wh": (1, "watt-hour"), "kWh": (1000, "kilowatt-hour")},
    "time": {
        "ms": (0.001, "millisecond"),
        "s": (1, "sec second"),
        "min": (60, "minute"),
        "h": (3600, "hr hour"),
        "days": (86400, "day"),
        "weeks": (604800, "week"),
        "months": (2629800, "month"),
        "years": (31557600, "year yr"),
    },
    "frequency": {
        "Hz": (1, "hertz"),
        "kHz": (1e3, "kilohertz"),
        "MHz": (1e6, "megahertz"),
        "GHz": (1e9, "gigahertz"),
    },
    "information": {
        "kB": (1e3, "KB"),
        "MB": (1e6, "megabyte"),
        "GB": (1e9, "gigabyte"),
        "TB": (1e12, "terabyte"),
    },
    "data rate": {"Mbit/s": (1, "Mbps Mb/s"), "Gbit/s": (1000, "Gbps Gb/s")},
    "sound level": {
        "dB(A)": (1, "dBA decibel"),
        "dB": (1, ""),
        "B(A)": (10, "bel B"),
    },
    "charge": {"mAh": (1, ""), "Ah": (1000, "")},
    "pressure": {"bar": (1, "")},
    "illuminance": {"lux": (1, "lx")},
    "light": {"lm": (1, "lumen")},
    "luminance": {"cd/m²": (1, "cd/m2 nit")},
    "voltage": {"V": (1, "volt")},
    "rotation": {"rpm": (1, "")},
    "resolution": {"MP": (1, "megapixel")},
    "density": {"dpi": (1, "")},
    "area": {"m²": (1, "m2 sqm square_metre square_meter sq_m")},
    "print speed": {"ppm": (1, "pages/min pages/minute pages_a_minute pages_per_minute")},
    "temperature": {"°C": (1, "")},
    "speed": {"km/h": (1, ""), "mph": (1.609344, "")},
}


def _spellings() -> Iterator[tuple[str, tuple[str, float]]]:
    for dimension, units in _UNITS.items():
        for unit, (factor, others) in units.items():
            for written in (unit, *others.split()):
                spelling = written.replace("_", " ")
                yield spelling, (dimension, factor)
                if spelling[-1].isalpha():
                    yield spelling + "s", (dimension, factor)


_EXACT = dict(_spellings())
LONG_UNITS = tuple(s for s in _EXACT if " " in s or "/" in s)
"""Spellings that are more than one word."""
_WITHOUT_CASE = {spelling.casefold(): known for spelling, known in reversed(_EXACT.items())}
_QUANTITY = re.compile(r"(?P<number>[-+]?\d+(?:[ ,]\d{3})*(?:\.\d+)?)\s*(?P<unit>\D.*)?")


@dataclass(frozen=True)
class Quantity:
    """`value` in the base unit of `dimension`; `slack` is half of the last digit written, in the
    same unit: "24 in" stands for what rounds to it. `dimension` is "" without a unit."""

    value: float
    dimension: str
    slack: float


def parse(text: str) -> Quantity | None:
    """The quantity the whole text states; None where it states anything else."""
    found = _QUANTITY.fullmatch(text.strip())
    if not found:
        return None
    return quantity(found["number"].replace(",", "").replace(" ", ""), found["unit"])


def quantity(number: str | float, unit: str | None = None) -> Quantity:
    dimension, factor = _known(unit.strip()) if unit and unit.strip() else ("", 1.0)
    written = Decimal(str(number)).normalize()
    exponent = written.as_tuple().exponent
    digit = 10.0 ** min(exponent, 0) if isinstance(exponent, int) else 0.0
    return Quantity(float(written) * factor, dimension, digit / 2 * factor)


def known_unit(unit: str) -> bool:
    return unit in _EXACT


def _known(unit: str) -> tuple[str, float]:
    return _EXACT.get(unit) or _WITHOUT_CASE.get(unit.casefold()) or (unit.casefold(), 1.0)
