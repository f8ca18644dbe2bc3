import pytest

from servers.records import Quantity
from servers.sources.attributes import AttributeReader, Row, attribute_name, header_unit
from servers.sources.convert import look_up
from servers.sources.mapping import parse_mapping

FIELDS = 'kind = "product"\n{top}\n[fields]\nid = "id"\ntitle = "title"\n'


def read(rules: str, row: Row, top: str = "") -> dict[str, list[object]]:
    mapping = parse_mapping(FIELDS.format(top=top) + rules, "test")
    return dict(AttributeReader(mapping).read({"id": "1", "title": "T"} | row, look_up))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("display_diagonal", "display diagonal"),
        ("sound_pressure_level__printing_", "sound pressure level (printing)"),
        ("print_speed__black__best_quality__a4_", "print speed (black) best quality (a4)"),
        ("weight__with_stand___imperial_", "weight (with stand) (imperial)"),
        ("core___cladding_diameter", "core cladding diameter"),
        ("left__open", "left open"),
        ("  Main Language(s) ", "main language(s)"),
        ("Track Width/Gauge", "track width/gauge"),
    ],
)
def test_attribute_names_are_lower_case_words(column: str, name: str) -> None:
    assert attribute_name(column) == name


def test_a_unit_in_a_header_is_read_and_a_minimum_is_no_minute() -> None:
    assert header_unit("Weight (kg)") == ("Weight", "kg")
    assert header_unit("Screen [in]") == ("Screen", "in")
    assert header_unit("Age (min)") == ("Age (min)", None)
    assert header_unit("Power (off)") == ("Power (off)", None)


def test_columns_that_give_one_name_are_all_kept_as_its_values() -> None:
    rules = """
[[attributes]]
prefix = "attr_b_"
[[attributes]]
prefix = "attr_n_"
[units]
"height adjustment" = "mm"
"""
    row = {"attr_b_height_adjustment": True, "attr_n_height_adjustment": 130.0, "other": 1}
    assert read(rules, row) == {"height adjustment": [True, Quantity(value=130, unit="mm")]}


def test_lists_are_split_only_where_a_separator_can_be_one() -> None:
    rules = '[[attributes]]\ncolumns = ["a"]\nsplit = ","\nyes = ["Y"]\nno = ["N"]'
    for text, values in {
        "A3,A4,A5": ["A3", "A4", "A5"],
        "Ethernet, Fast Ethernet": ["Ethernet, Fast Ethernet"],
        '3,5" disk': ['3,5" disk'],
        "Paper (plain,thick),Film": ["Paper (plain,thick)", "Film"],
        "Y": [True],
        "N": [False],
        "60.5 cm": [Quantity(value=60.5, unit="cm")],
        "N/A": [],
    }.items():
        assert read(rules, {"a": text}).get("a", []) == values


def test_a_stated_unit_holds_only_in_its_range() -> None:
    rules = """
[[attributes]]
columns = ["noise", "clock"]
[units]
noise = { unit = "dB", low = 20 }
clock = [{ unit = "GHz", high = 10 }, { unit = "MHz", low = 100 }]
"""
    assert read(rules, {"noise": 49, "clock": 2.4}) == {
        "noise": [Quantity(value=49, unit="dB")], "clock": [Quantity(value=2.4, unit="GHz")],
    }  # fmt: skip
    assert read(rules, {"noise": 6.3, "clock": 533.0}) == {
        "noise": [6.3], "clock": [Quantity(value=533, unit="MHz")],
    }  # fmt: skip
    assert read(rules, {"clock": float("nan")}) == {}


def test_run_together_labels_are_taken_apart_by_the_labels_known() -> None:
    rules = """
[[attributes]]
column = "info"
form = "labels"
labels = ["Item Weight", "Weight", "Age:", "Batteries Required?", "Scale", "Model"]
stops = ["Feedback"]
text = ["model"]
"""
    info = (
        "Item Weight1.2 Kg Age:3 years and up Scale1:72 Batteries Required?No Model0042 "
        "Feedback Would you Scale it?"
    )
    assert read(rules, {"info": info}) == {
        "item weight": [Quantity(value=1.2, unit="kg")],
        "age": ["3 years and up"],
        "scale": ["1:72"],
        "batteries required": [False],
        "model": ["0042"],
    }
    assert read(rules, {"info": "nothing known"}) == {}


@pytest.mark.parametrize(
    ("age", "value", "unit"),
    [("3 years and up", 3, "years"), ("36 months - 8 years", 36, "months"), ("8", None, None)],
)
def test_an_attribute_can_be_drawn_from_anothers_text(
    age: str, value: float | None, unit: str
) -> None:
    rules = r"""
[[attributes]]
columns = ["age"]
type = "text"
[[attributes]]
from = "age"
name = "minimum age"
match = '^(?P<value>\d+)(?: (?P<unit>months|years))?(?: and up| - \d+)'
unit = "years"
"""
    found = read(rules, {"age": age})
    assert found["age"] == [age]
    expected = [] if value is None else [Quantity(value=value, unit=unit)]
    assert found.get("minimum age", []) == expected


def test_pairs_objects_and_paths_become_attributes() -> None:
    rules = """
[[attributes]]
column = "bullets"
form = "pairs"
max_name_words = 3
[[attributes]]
path = "a.options"
form = "object"
type = "text"
[[attributes]]
path = "a.tags[0]"
name = "tag"
"""
    row = {
        "bullets": ["Material: wood", "A sentence that happens to hold: a colon", "12:30 h"],
        "a": {"options": {"Size": ["S", "10"]}, "tags": ["new", "old"]},
    }
    assert read(rules, row) == {"material": ["wood"], "size": ["S", "10"], "tag": ["new"]}


def test_dropped_attributes_are_left_out_and_the_rest_is_every_other_column() -> None:
    rules = '[[attributes]]\nrest = true\nskip = ["email"]'
    row = {"email": "a@b", "Length (cm)": "12", "note": "x", "secret": "y", "empty": ""}
    assert read(rules, row, 'drop = ["secret"]') == {
        "length": [Quantity(value=12, unit="cm")], "note": ["x"]
    }  # fmt: skip
