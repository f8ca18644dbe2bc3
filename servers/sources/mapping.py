"""The mapping language: which columns of a file are which of our fields.

Documented for people in mappings/README.md. Unknown keys are refused with the nearest known one.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from servers.index import BadSource
from servers.language.units import canonical_unit
from servers.language.values import DateOrder, currency_digits
from servers.records import Kind, Page, Product, Review

RECORDS: dict[Kind, type[Product] | type[Review] | type[Page]] = {
    "product": Product,
    "review": Review,
    "page": Page,
}
ValueType = Literal["auto", "text", "number", "bool", "date"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            known = {field.alias or name for name, field in cls.model_fields.items()}
            for key in map(str, cast(dict[Any, Any], raw)):
                if key not in known:
                    raise ValueError(f"unknown key {key!r}{nearest(key, known)}")
        return cast(Any, raw)


def _check_currency(code: str | None) -> str | None:
    if code is not None:
        currency_digits(code)
    return code


Currency = Annotated[str | None, BeforeValidator(_check_currency)]


def _as_tuple(raw: Any) -> Any:
    return (raw,) if isinstance(raw, str) else raw


def _as_source(raw: Any) -> Any:
    return {"column": raw} if isinstance(raw, str) else raw


class Source(_Table):
    """Where a field's value comes from, and how it is written there."""

    column: str | None = None
    path: str | None = None
    const: str | int | float | bool | None = None
    first_of: "tuple[AnySource, ...]" = ()
    join: "tuple[AnySource, ...]" = ()
    with_: str = Field(default=" ", alias="with")
    columns: tuple[str, ...] = ()
    hash: "tuple[AnySource, ...]" = ()

    separator: Annotated[tuple[str, ...], BeforeValidator(_as_tuple)] = ()
    minor_units: bool = False
    currency: Currency = None
    currency_column: str | None = None
    placeholder: tuple[float, ...] = ()
    decimal: Literal[".", ","] | None = None
    epoch: Literal["s", "ms"] | None = None
    order: DateOrder | None = None
    scale: float = 5.0
    html: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> "Source":
        names = ("column", "path", "first_of", "join", "columns", "hash")
        given = [name for name in names if getattr(self, name)]
        given += ["const"] if self.const is not None else []
        if len(given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(names)}, const; has {given}")
        return self

    def column_names(self) -> Iterator[str]:
        if self.column is not None:
            yield self.column
        if self.path is not None:
            yield re.split(r"[.\[]", self.path, maxsplit=1)[0]
        yield from self.columns
        if self.currency_column is not None:
            yield self.currency_column
        for part in (*self.first_of, *self.join, *self.hash):
            yield from part.column_names()


AnySource = Annotated[Source, BeforeValidator(_as_source)]


class AttributeRule(_Table):
    """Columns that become attributes."""

    prefix: str | None = None
    """Every column that starts with it; the rest of the column's name is the attribute's."""
    columns: tuple[str, ...] = ()
    column: str | None = None
    """One column (or `path`) in one of the forms below."""
    path: str | None = None
    from_: str | None = Field(default=None, alias="from")
    """An attribute that is there already: `match` draws another one from its text."""
    rest: bool = False
    """Every column that nothing else in the mapping names, `skip` aside."""
    skip: tuple[str, ...] = ()

    form: Literal["value", "object", "pairs", "labels"] = "value"
    """value: as it stands; object: a JSON object of name -> value; pairs: "name: value" lines;
    labels: one text in which the known `labels` and their values run together."""
    name: str | None = None
    type: ValueType = "auto"
    text: tuple[str, ...] = ()
    """Names of attributes that stay text whatever they look like; "*version*" for a part."""
    split: str | None = None
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    separator: str = ":"
    max_name_words: int = 4
    max_value_words: int = 40
    labels: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    match: str | None = None
    unit: str | None = None

    @field_validator("match")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        if pattern is not None and "value" not in re.compile(pattern).groupindex:
            raise ValueError("needs a group (?P<value>...), and may have (?P<unit>...)")
        return pattern

    @field_validator("unit")
    @classmethod
    def _known_unit(cls, unit: str | None) -> str | None:
        return None if unit is None else _unit(unit)

    @model_validator(mode="after")
    def _complete(self) -> "AttributeRule":
        names = ("prefix", "columns", "column", "path", "from_", "rest")
        given = [name.rstrip("_") for name in names if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(
                f"needs exactly one of prefix, columns, column, path, from, rest; has {given}"
            )
        if self.from_ and not (self.match and self.name):
            raise ValueError("`from` needs `match` and `name`")
        if self.form == "labels" and not self.labels:
            raise ValueError('form = "labels" needs `labels`')
        return self

    def column_names(self) -> Iterator[str]:
        yield from self.columns
        if self.column is not None:
            yield self.column
        if self.path is not None:
            yield re.split(r"[.\[]", self.path, maxsplit=1)[0]


def _unit(text: str) -> str:
    name = canonical_unit(text)
    if name is None:
        raise ValueError(f"unknown unit {text!r}")
    return name


class UnitRule(_Table):
    """The unit that a file leaves unwritten; a number outside [low, high] stays without one."""

    unit: Annotated[str, BeforeValidator(_unit)]
    low: float = float("-inf")
    high: float = float("inf")
    given: tuple[str, ...] = ()
    """Attributes (* is anything) of which the row must state one: the unit holds for its kind of
    thing only."""
    unless: tuple[str, ...] = ()
    """Attributes of which the row may state none."""


def _as_units(raw: Any) -> Any:
    """ "in", {unit = "in", low = 1} or a list of them, of which the first that fits holds."""
    listed = cast(list[Any], raw) if isinstance(raw, list) else [raw]
    return tuple({"unit": one} if isinstance(one, str) else one for one in listed)


Units = Annotated[tuple[UnitRule, ...], BeforeValidator(_as_units)]


class Mapping(_Table):
    kind: Kind
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    currency: Currency = None
    """Of prices for which neither the file nor the command line names one."""
    decimal: Literal[".", ","] | None = None
    date_order: DateOrder | None = None
    newline: str | None = None
    """What stands for a line break inside text, such as a backslash and an n."""
    fields: dict[str, AnySource]
    attributes: tuple[AttributeRule, ...] = ()
    units: dict[str, Units] = {}
    drop: tuple[str, ...] = ()
    """Attributes that are left out."""

    @model_validator(mode="after")
    def _known_fields(self) -> "Mapping":
        record = RECORDS[self.kind].model_fields
        known = set(record) - {"attributes"}
        for name in self.fields:
            if name not in known:
                raise ValueError(f"unknown {self.kind} field {name!r}{nearest(name, known)}")
        missing = [
            name
            for name, field in record.items()
            if field.is_required() and name not in self.fields and (self.kind, name) not in _MADE
        ]
        if missing:
            raise ValueError(f"a {self.kind} needs the field {missing[0]!r}")
        if self.attributes and self.kind != "product":
            raise ValueError(f"a {self.kind} has no attributes")
        return self

    def column_names(self) -> list[str]:
        """Every column that the mapping names, in its order; prefixes are not among them."""
        named: dict[str, None] = {}
        for source in (*self.fields.values(), *self.attributes):
            named |= dict.fromkeys(source.column_names())
        return list(named)


_MADE = frozenset({("review", "id"), ("page", "id")})
"""Fields that are made from the content where the mapping names none."""


def nearest(name: str, known: set[str] | list[str]) -> str:
    """ ", did you mean 'price'?" or the names there are."""
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are: {', '.join(sorted(known)[:40])}" if known else ""


def shipped_mappings() -> list[str]:
    """Names that `load_mapping` takes beside paths."""
    folder = resources.files("servers.sources") / "mappings"
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_mapping(name: str) -> Mapping:
    """A shipped mapping by its name, or a TOML file by its path. BadSource says what is wrong."""
    if name in shipped_mappings():
        text = (resources.files("servers.sources") / "mappings" / f"{name}.toml").read_text("utf-8")
    else:
        try:
            text = Path(name).read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            names = shipped_mappings()
            raise BadSource(
                f"mapping {name!r}: neither a readable file nor one of {', '.join(names)}"
            ) from None
    return parse_mapping(text, name)


def parse_mapping(text: str, name: str) -> Mapping:
    try:
        return Mapping.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadSource(f"mapping {name}: not TOML ({error})") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        raise BadSource(f"mapping {name}: {f'{place}: ' if place else ''}{reason}") from None
