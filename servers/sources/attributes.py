"""Columns and texts of a row as attributes: names, values, units."""

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, cast

from servers.language.units import canonical_unit
from servers.language.values import Unclear, parse_bool, parse_date, parse_number, read_value
from servers.records import Quantity, Value
from servers.sources.mapping import AttributeRule, Mapping, UnitRule

Attributes = dict[str, list[Value]]
Row = dict[str, Any]
_Reader = Callable[[Any], tuple[Value, ...]]
_EMPTY = frozenset({"", "-", "n/a", "n.a.", "na", "null", "none", "nan"})
_MAX_SPLIT = 1000
_CACHED = 2000


def attribute_name(column: str) -> str:
    """Lower-case words: "display_diagonal" -> "display diagonal",
    "sound_pressure_level__printing_" -> "sound pressure level (printing)"."""
    name = column.strip()
    if "_" in name and " " not in name:
        name = _brackets(name)
    return " ".join(name.replace("_", " ").lower().split())


def _brackets(name: str) -> str:
    """Two underscores open a bracket, the next two (or one at the end) close it; three between
    do both, or stand for a sign that was lost."""
    body = name[:-1] + "__" if name.endswith("_") and not name.endswith("__") else name
    words: list[str] = []
    is_open = False
    for part in re.split(r"(_{2,})", body):
        if not part.startswith("__"):
            words.append(part)
        elif is_open:
            words.append(") (" if len(part) > 2 else ") ")
            is_open = len(part) > 2
        else:
            words.append(" (" if len(part) == 2 else " ")
            is_open = len(part) == 2
    return name if is_open else "".join(words)


def header_unit(column: str) -> tuple[str, str | None]:
    """ "Weight (kg)" -> ("Weight", "kg"); "Age (min)" is left alone: a minimum, not minutes."""
    match = re.fullmatch(r"(.*\S)\s*[(\[]([^()\[\]]+)[)\]]", column.strip())
    unit = canonical_unit(match[2]) if match and match[2] != "min" else None
    return (match[1], unit) if match and unit else (column, None)


class AttributeReader:
    """All attribute rules of a mapping, made ready once."""

    def __init__(self, mapping: Mapping) -> None:
        self._newline = mapping.newline
        units = {attribute_name(name): rules for name, rules in mapping.units.items()}
        self._units = {
            name: tuple(rule for rule in rules if not rule.given and not rule.unless)
            for name, rules in units.items()
        }
        self._units_by_kind = [
            (name, rule)
            for name, rules in units.items()
            for rule in rules
            if rule.given or rule.unless
        ]
        self._drop = frozenset(attribute_name(name) for name in mapping.drop)
        self._named = frozenset(mapping.column_names())
        rules = mapping.attributes
        self._by_column = {name: rule for rule in rules for name in rule.columns}
        self._prefixes = [(rule.prefix, rule) for rule in rules if rule.prefix]
        self._rest = next((rule for rule in rules if rule.rest), None)
        self._texts = [rule for rule in rules if rule.column or rule.path]
        self._derived = [(rule, re.compile(rule.match or "")) for rule in rules if rule.from_]
        self._labels = {id(rule): _label_pattern(rule) for rule in rules if rule.labels}
        self._plans: dict[str, tuple[str, _Reader] | None] = {}
        self._pair_readers: dict[tuple[int, str], tuple[str, _Reader]] = {}

    def read(self, row: Row, look_up: Callable[[Row, str], Any]) -> Attributes:
        found: Attributes = {}
        for column, raw in row.items():
            if raw is None or raw == "":
                continue
            try:
                plan = self._plans[column]
            except KeyError:
                plan = self._plans[column] = self._plan(column)
            if plan is not None:
                self._add(found, plan[0], plan[1](raw))
        for rule in self._texts:
            raw = row.get(rule.column) if rule.column else look_up(row, rule.path or "")
            for name, value in self._pairs(rule, raw):
                self._add(found, *self._read_pair(rule, name, value))
        for rule, pattern in self._derived:
            self._derive(found, rule, pattern)
        for name, rule in self._units_by_kind:
            if name in found and _holds_for(rule, found):
                found[name] = [_with_unit(value, rule) for value in found[name]]
        return found

    def _add(self, found: Attributes, name: str, values: Iterable[Value]) -> None:
        if name in self._drop or not name:
            return
        known = found.get(name)
        for value in values:
            if known is None:
                known = found[name] = [value]
            elif not any(value == old and type(value) is type(old) for old in known):
                known.append(value)

    def _plan(self, column: str) -> tuple[str, _Reader] | None:
        rule = self._by_column.get(column)
        name = column
        if rule is None and column not in self._named:
            for prefix, candidate in self._prefixes:
                if column.startswith(prefix):
                    rule, name = candidate, column.removeprefix(prefix)
                    break
            else:
                rule = self._rest
        if rule is None or column in rule.skip:
            return None
        unit = None
        if rule.rest:
            name, unit = header_unit(name)
        name = attribute_name(rule.name or name)
        return None if name in self._drop else (name, self._reader(rule, name, unit))

    def _read_pair(self, rule: AttributeRule, name: str, raw: Any) -> tuple[str, tuple[Value, ...]]:
        key = (id(rule), name)
        if key not in self._pair_readers:
            clean = attribute_name(rule.name or name)
            if len(self._pair_readers) > _CACHED:
                return clean, self._reader(rule, clean)(raw)
            self._pair_readers[key] = (clean, self._reader(rule, clean))
        clean, read = self._pair_readers[key]
        return clean, read(raw)

    def _reader(self, rule: AttributeRule, name: str, stated: str | None = None) -> _Reader:
        written = stated or rule.unit
        units = (UnitRule(unit=written),) if written else self._units.get(name, ())
        yes, no = frozenset(rule.yes), frozenset(rule.no)
        newline, split = self._newline, rule.split
        kind = "text" if any(fnmatchcase(name, text) for text in rule.text) else rule.type

        def number(value: float) -> Value:
            for unit in units:
                if unit.low <= value <= unit.high:
                    return Quantity(value=value, unit=unit.unit)
            return value

        def text(raw: str) -> Iterator[Value]:
            clean = raw.replace(newline, "\n").strip() if newline else raw.strip()
            for part in _split(clean, split):
                if part in yes or part in no:
                    yield part in yes
                elif part.lower() not in _EMPTY:
                    value = _typed(part, kind)
                    yield number(value) if type(value) is float else value

        def values(raw: Any) -> Iterator[Value]:
            if isinstance(raw, bool):
                yield raw
            elif isinstance(raw, int | float):
                value = float(raw)
                if value - value == 0:  # neither NaN nor infinite
                    yield number(value)
            elif isinstance(raw, str):
                yield from text(raw)
            elif isinstance(raw, list):
                for one in cast(list[Any], raw):
                    yield from values(one)
            elif isinstance(raw, dict):
                yield from _stated_quantity(cast(Row, raw))

        known: dict[tuple[bool, Any], tuple[Value, ...]] = {}  # a catalog repeats itself

        def cached(raw: Any) -> tuple[Value, ...]:
            if isinstance(raw, list | dict):
                return tuple(values(cast(Any, raw)))
            key = (isinstance(raw, bool), raw)  # since 1 == True
            found = known.get(key)
            if found is None:
                found = tuple(values(raw))
                if len(known) < _CACHED:
                    known[key] = found
            return found

        return cached

    def _pairs(self, rule: AttributeRule, raw: Any) -> Iterator[tuple[str, Any]]:
        if rule.form == "object":
            if isinstance(raw, dict):
                yield from cast(Row, raw).items()
        elif rule.form == "pairs":
            yield from _colon_pairs(rule, raw)
        elif rule.form == "labels":
            if isinstance(raw, str):
                yield from _labelled(raw, self._labels[id(rule)], frozenset(rule.stops))
        elif raw is not None:
            yield rule.name or rule.column or rule.path or "", raw

    def _derive(self, found: Attributes, rule: AttributeRule, pattern: re.Pattern[str]) -> None:
        for value in found.get(attribute_name(rule.from_ or ""), ()):
            match = pattern.search(value) if isinstance(value, str) else None
            if match is None:
                continue
            written = match.groupdict().get("unit")
            unit = canonical_unit(written) if written else rule.unit
            drawn = _typed(match["value"].strip(), rule.type)
            if type(drawn) is float and unit is not None:
                drawn = Quantity(value=drawn, unit=unit)
            self._add(found, attribute_name(rule.name or ""), [drawn])


def _holds_for(rule: UnitRule, found: Attributes) -> bool:
    return (not rule.given or _states_any(found, rule.given)) and not _states_any(
        found, rule.unless
    )


def _states_any(found: Attributes, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns for name in found)


def _with_unit(value: Value, rule: UnitRule) -> Value:
    if type(value) is float and rule.low <= value <= rule.high:
        return Quantity(value=value, unit=rule.unit)
    return value


def _typed(text: str, kind: str) -> Value:
    try:
        if kind == "auto":
            return read_value(text)
        if kind == "number":
            value = parse_number(text)
            return text if value is None else value
        if kind == "bool":
            flag = parse_bool(text)
            return text if flag is None else flag
        if kind == "date":
            day = parse_date(text)
            return text if day is None else day.isoformat()
    except Unclear:
        pass  # the text itself is what the source states
    return text


def _stated_quantity(raw: Row) -> Iterator[Value]:
    value, unit = raw.get("value"), raw.get("unit")
    known = canonical_unit(unit) if isinstance(unit, str) else None
    if isinstance(value, int | float) and not isinstance(value, bool) and known:
        yield Quantity(value=value, unit=known)


def _split(text: str, separator: str | None) -> list[str]:
    """At separators that touch no space, do not stand between two digits or inside brackets:
    "A4,A5" is two values, '3,5" disk' and "paper (plain,thick)" are one."""
    if separator is None or separator not in text or len(text) > _MAX_SPLIT:
        return [text]
    parts: list[str] = []
    depth = start = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if text.startswith(separator, at) and depth <= 0:
            before, after = text[at - 1 : at], text[at + len(separator) :][:1]
            if before.isspace() or after.isspace() or (before.isdigit() and after.isdigit()):
                continue
            parts.append(text[start:at])
            start = at + len(separator)
    return [part for part in (*parts, text[start:]) if part]


def _colon_pairs(rule: AttributeRule, raw: Any) -> Iterator[tuple[str, str]]:
    """ "Material: solid wood"; a long name or value is prose that happens to hold a
    colon."""
    lines = cast(list[Any], raw) if isinstance(raw, list) else str(raw or "").splitlines()
    for line in lines:
        name, found, value = str(line).partition(rule.separator)
        name, value = name.strip(), value.strip()
        plain = re.fullmatch(r"[^\W\d_][\w &/'()-]*", name)
        short = len(name.split()) <= rule.max_name_words
        if found and value and plain and short and len(value.split()) <= rule.max_value_words:
            yield name, value


def _label_pattern(rule: AttributeRule) -> re.Pattern[str]:
    """A label stands after a space and its value follows at once; after a stop may be a space."""
    known = [
        re.escape(label) + r"(?=\s*\S)" if label[-1] in ":?" else re.escape(label) + r"(?=\S)"
        for label in sorted(rule.labels, key=len, reverse=True)
    ]
    stops = [re.escape(stop) for stop in sorted(rule.stops, key=len, reverse=True)]
    return re.compile(rf"(?:(?<=\s)|^)(?:{'|'.join([*stops, *known])})")


def _labelled(
    text: str, pattern: re.Pattern[str], stops: frozenset[str]
) -> Iterator[tuple[str, str]]:
    clean = " ".join(text.split())
    matches = list(pattern.finditer(clean))
    if not matches:
        return
    ends = [*(match.start() for match in matches[1:]), len(clean)]
    for match, end in zip(matches, ends, strict=True):
        value = clean[match.end() : end].strip()
        if match[0] not in stops and value:
            yield match[0].rstrip(":?"), value
