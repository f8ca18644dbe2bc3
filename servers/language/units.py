"""Units of measure: reading quantities strictly, comparing them after conversion.

The names and spellings stand here; the factors come from pint, once, at the first conversion.
US customary measures are meant by "fl oz" and "gal" (the imperial ones differ by 4 and 20 %).
"""

import math
import re
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from servers.records import Quantity

# dimension -> {our name of the unit: (pint's name, other spellings)}; the first is the base unit.
_DIMENSIONS: dict[str, dict[str, tuple[str, str]]] = {
    "length": {
        "mm": ("millimeter", "millimeter millimeters millimetre millimetres"),
        "cm": ("centimeter", "centimeter centimeters centimetre centimetres cms"),
        "m": ("meter", "meter meters metre metres"),
        "km": ("kilometer", "kilometer kilometers kilometre kilometres"),
        "µm": ("micrometer", "μm um micrometer micrometers micron microns"),
        "nm": ("nanometer", "nanometer nanometers nanometre nanometres"),
        "in": ("inch", "inch inches ins \" '' ″ ” “"),
        "ft": ("foot", "foot feet ' ′ ’"),
        "yd": ("yard", "yard yards yds"),
        "mi": ("mile", "mile miles"),
    },
    "mass": {
        "g": ("gram", "gram grams gramme grammes gr gm gms"),
        "kg": ("kilogram", "kilogram kilograms kilo kilos kgs"),
        "mg": ("milligram", "milligram milligrams"),
        "lb": ("pound", "lbs pound pounds"),
        "oz": ("ounce", "ounce ounces"),
        "tonne": ("metric_ton", "tonnes"),
    },
    "area": {
        "mm²": ("millimeter**2", "mm2 sq_mm square_millimetres square_millimeters"),
        "cm²": ("centimeter**2", "cm2 sq_cm square_centimetres square_centimeters"),
        "m²": ("meter**2", "m2 sq_m square_metres square_meters sqm"),
        "in²": ("inch**2", "in2 sq_in square_inches"),
        "ft²": ("foot**2", "ft2 sq_ft square_feet sqft"),
    },
    "volume": {
        "ml": ("milliliter", "mL milliliter milliliters millilitre millilitres cc cm³ cm3"),
        "cl": ("centiliter", "cL centiliter centiliters centilitre centilitres"),
        "l": ("liter", "L liter liters litre litres ltr dm³"),
        "m³": ("meter**3", "m3 cubic_metres cubic_meters"),
        "fl oz": ("US_fluid_ounce", "fl_oz. fl._oz. fl._oz floz fluid_ounce fluid_ounces"),
        "gal": ("gallon", "gallon gallons"),
    },
    "power": {
        "W": ("watt", "watt watts"),
        "mW": ("milliwatt", "milliwatt milliwatts"),
        "kW": ("kilowatt", "kilowatt kilowatts"),
        "BTU/h": ("Btu_it/hour", "BTU/hr"),
    },
    "energy": {
        "Wh": ("watt_hour", "watt-hour watt-hours watt_hours"),
        "kWh": ("kilowatt_hour", "kilowatt-hour kilowatt-hours kilowatt_hours"),
        "J": ("joule", "joule joules"),
        "kJ": ("kilojoule", "kilojoule kilojoules"),
        "kcal": ("kilocalorie", "kilocalorie kilocalories"),
    },
    "frequency": {
        "Hz": ("hertz", "hertz"),
        "kHz": ("kilohertz", "kilohertz"),
        "MHz": ("megahertz", "megahertz"),
        "GHz": ("gigahertz", "gigahertz"),
    },
    "time": {
        "s": ("second", "sec secs second seconds"),
        "ms": ("millisecond", "msec millisecond milliseconds"),
        "min": ("minute", "mins minute minutes"),
        "h": ("hour", "hr hrs hour hours"),
        "days": ("day", "day"),
        "weeks": ("week", "week"),
        "months": ("month", "month"),
        "years": ("year", "year yrs yr"),
    },
    "information": {
        "MB": ("megabyte", "megabyte megabytes mb"),
        "B": ("byte", "byte bytes"),
        "kB": ("kilobyte", "KB kilobyte kilobytes kb"),
        "GB": ("gigabyte", "gigabyte gigabytes gb"),
        "TB": ("terabyte", "terabyte terabytes tb"),
        "MiB": ("mebibyte", "mebibyte mebibytes"),
        "GiB": ("gibibyte", "gibibyte gibibytes"),
        "Mbit": ("megabit", "megabit megabits"),
        "Gbit": ("gigabit", "gigabit gigabits"),
    },
    "data rate": {
        "Mbit/s": ("megabit/second", "Mbps Mb/s megabits_per_second"),
        "kbit/s": ("kilobit/second", "kbps kb/s"),
        "Gbit/s": ("gigabit/second", "Gbps Gb/s gigabits_per_second"),
        "MB/s": ("megabyte/second", "MBps megabytes_per_second"),
        "GB/s": ("gigabyte/second", "GBps gigabytes_per_second"),
    },
    # A level is a logarithm: pint has no bel that is a plain number, so 1 bel = 10 dB is said here.
    "sound level": {
        "dB(A)": ("1", "dBA db(A) dB_(A) decibels_(A)"),
        "dB": ("1", "decibel decibels"),
        "B(A)": ("10", "BA B_(A) bel_(A) bels_(A)"),
    },
    "voltage": {
        "V": ("volt", "volt volts VAC VDC V_AC V_DC"),
        "mV": ("millivolt", "millivolt millivolts"),
        "kV": ("kilovolt", "kilovolt kilovolts"),
    },
    "current": {
        "A": ("ampere", "amp amps ampere amperes"),
        "mA": ("milliampere", "milliamp milliamps milliampere milliamperes"),
    },
    "charge": {
        "mAh": ("milliampere*hour", "milliamp_hours"),
        "Ah": ("ampere*hour", "amp_hours"),
    },
    "apparent power": {"VA": ("volt*ampere", "volt-ampere"), "kVA": ("kilovolt*ampere", "")},
    "resistance": {"Ω": ("ohm", "Ω ohm ohms"), "kΩ": ("kiloohm", "kΩ kohm")},
    "luminance": {"cd/m²": ("1", "cd/m2 cd/qm nit nits")},
    "luminous flux": {"lm": ("lumen", "lumen lumens ANSI_lumens")},
    "illuminance": {"lx": ("lux", "lux")},
    "temperature": {
        "°C": ("degree_Celsius", "℃ °_C degC degrees_C degrees_Celsius Celsius"),
        "°F": ("degree_Fahrenheit", "℉ °_F degF degrees_F degrees_Fahrenheit Fahrenheit"),
        "K": ("kelvin", "kelvin kelvins"),
    },
    "pressure": {
        "bar": ("bar", "bars"),
        "kPa": ("kilopascal", ""),
        "MPa": ("megapascal", ""),
        "hPa": ("hectopascal", ""),
        "psi": ("psi", ""),
    },
    "speed": {
        "km/h": ("kilometer/hour", "kph kmh"),
        "mph": ("mile/hour", ""),
        "m/s": ("meter/second", ""),
    },
    "grammage": {"g/m²": ("1", "g/m2 g/qm gsm")},
    "angle": {"°": ("degree", "deg degree degrees")},
    "share": {"%": ("1", "percent per_cent pct")},
    "print speed": {"ppm": ("1", "pages/min pages_per_minute pages/minute")},
    "rotation": {"RPM": ("1", "r/min revolutions_per_minute")},
    "resolution": {"dpi": ("1", "DPI dots_per_inch")},
    "image size": {"MP": ("1", "megapixel megapixels Mpx Mpix MPix")},
    "frame rate": {"fps": ("1", "frames_per_second")},
    "pixels": {"px": ("1", "pixel pixels")},
    "pages": {"pages": ("1", "page")},
    "sheets": {"sheets": ("1", "sheet")},
    "pieces": {"pieces": ("1", "piece pcs pc pc(s) pcs.")},
    "people": {"people": ("1", "person persons")},
}
_COUNTED = frozenset({"pixels", "pages", "sheets", "pieces", "people"})
_PLURAL = frozenset({"days", "weeks", "months", "years", "pages", "sheets", "pieces"})
_CLASHING = frozenset({"mw", "kb", "mb", "gb", "tb", "mb/s", "gb/s", "kb/s", "ba", "mpa", "mbps"})
"""Spellings that mean two things when written in another case (MW, mW; MB, Mb)."""


def _spellings() -> tuple[dict[str, str], dict[str, str]]:
    exact: dict[str, str] = {}
    for units in _DIMENSIONS.values():
        for name, (_, aliases) in units.items():
            for spelling in (name, *aliases.split()):
                exact[spelling.replace("_", " ")] = name
    folded = {
        spelling.lower(): name
        for spelling, name in exact.items()
        if len(spelling) > 1 and spelling.lower() not in _CLASHING
    }
    return exact, folded | {"v": "V", "w": "W", "l": "l"}


_EXACT, _FOLDED = _spellings()
_DIMENSION_OF = {name: dimension for dimension, units in _DIMENSIONS.items() for name in units}

_GROUPED = r"\d{1,3}(?:,\d{3})+"
_QUANTITY = re.compile(
    rf"""(?P<sign>[-−–+]\s?)?
    (?: (?:(?P<whole>\d+)[ -])? (?P<top>\d+)[/⁄](?P<bottom>\d+)
      | (?P<grouped>{_GROUPED})(?P<tail>\.\d+)?
      | (?P<comma>\d+,\d+)
      | (?P<plain>\d+(?:\.\d+)?|\.\d+) )
    [\s-]?(?P<unit>[^\d\s.,;+-][^\d;+]{{0,24}}[²³23]?\.?)""",
    re.VERBOSE,
)


def canonical_unit(text: str) -> str | None:
    """Our name of a unit ("inches" and '"' are "in"); None if unknown or ambiguous ("Mb")."""
    spelling = text.strip(" \t\u00a0,;-")
    found = _EXACT.get(spelling) or _FOLDED.get(spelling.lower())
    if found is None and spelling.endswith("."):
        bare = spelling.rstrip(".")
        found = _EXACT.get(bare) or _FOLDED.get(bare.lower())
    return found


@lru_cache(maxsize=20_000)
def _number_and_unit(text: str) -> tuple[float, str] | None:
    match = _QUANTITY.fullmatch(text)
    unit = canonical_unit(match["unit"]) if match else None
    if match is None or unit is None:
        return None
    value = _number(match, counted=_DIMENSION_OF[unit] in _COUNTED)
    if value is None or not math.isfinite(value):
        return None
    return (-value if (match["sign"] or "+").strip() != "+" else value), unit


def _number(match: re.Match[str], counted: bool) -> float | None:
    if match["bottom"]:
        if int(match["bottom"]) == 0:
            return None
        fraction = Fraction(int(match["top"]), int(match["bottom"]))
        return float(int(match["whole"] or 0) + fraction)
    if match["grouped"]:
        clear = counted or match["tail"] or match["grouped"].count(",") > 1
        return float(match["grouped"].replace(",", "") + (match["tail"] or "")) if clear else None
    if match["comma"]:
        # "2,5 kg" is a decimal comma; what looks like a broken group of thousands is neither
        decimals = match["comma"].partition(",")[2]
        return None if counted or len(decimals) > 2 else float(match["comma"].replace(",", "."))
    return None if counted and "." in match["plain"] else float(match["plain"])


def parse_quantity(text: str) -> Quantity | None:
    """The quantity that the whole text states ("60.5 cm", '24"', "49 dB(A)"), else None.

    A dot is the decimal point. "1,299 kg" is None, since the comma may be either; of things
    that are counted ("1,000 pages") it separates thousands.
    """
    stripped = text.strip()
    if len(stripped) > 60:
        return None
    found = _number_and_unit(stripped)
    return None if found is None else Quantity(value=found[0], unit=found[1])


@cache
def _conversions() -> dict[str, tuple[str, float, float]]:
    """unit -> (dimension, factor, offset): base magnitude = value * factor + offset."""
    import pint  # costs a quarter of a second, and most commands convert nothing

    make_registry: Any = pint.UnitRegistry  # its types know no Decimal, which it takes
    registry = make_registry(non_int_type=Decimal, cache_folder=None)
    table: dict[str, tuple[str, float, float]] = {}
    for dimension, units in _DIMENSIONS.items():
        base = next(iter(units.values()))[0]
        for name, (expression, _) in units.items():
            if expression.isdigit():
                table[name] = (dimension, float(expression), 0.0)
                continue
            at = [
                Decimal(registry.Quantity(Decimal(n), expression).to(base).magnitude)
                for n in (0, 1)
            ]
            table[name] = (dimension, float(at[1] - at[0]), float(at[0]))
    return table


def to_base(value: float, unit: str) -> tuple[str, float]:
    """(dimension, magnitude in that dimension's base unit). ValueError for an unknown unit."""
    name = unit if unit in _DIMENSION_OF else canonical_unit(unit)
    if name is None:
        raise ValueError(f"unknown unit {unit!r}")
    dimension, factor, offset = _conversions()[name]
    return dimension, float(f"{value * factor + offset:.12g}")


def base_unit(dimension: str) -> str:
    """The unit in which `to_base` gives magnitudes of a dimension."""
    return next(iter(_DIMENSIONS[dimension]))


def dimension_of(unit: str) -> str | None:
    """ "length" for "in"; None for an unknown unit."""
    return _DIMENSION_OF.get(canonical_unit(unit) or "")


def convert(value: float, unit: str, to_unit: str) -> float:
    """ValueError if either unit is unknown or they measure different things."""
    dimension, magnitude = to_base(value, unit)
    target = canonical_unit(to_unit)
    if target is None:
        raise ValueError(f"unknown unit {to_unit!r}")
    to_dimension, factor, offset = _conversions()[target]
    if to_dimension != dimension:
        raise ValueError(f"{unit!r} is a {dimension}, {to_unit!r} is a {to_dimension}")
    return float(f"{(magnitude - offset) / factor:.12g}")


def format_number(value: float) -> str:
    """31 rather than 31.0; never an exponent."""
    text = format(Decimal(repr(float(value) + 0.0)), "f")  # + 0.0: no minus before zero
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def format_quantity(value: float, unit: str) -> str:
    """ "24 in", "49 dB(A)", "178°", "80%", "1 year"."""
    if value == 1 and unit in _PLURAL:
        unit = unit.removesuffix("s")
    return f"{format_number(value)}{'' if unit in ('°', '%') else ' '}{unit}"
