"""The language of the table of concepts, one rule at a time, and the table that ships."""

from pathlib import Path

import pytest

from servers.index import BadSource
from servers.language.asked import attribute_filter
from servers.language.concepts import Concept, Concepts, Derived, Source
from servers.language.judging import Met, judge
from servers.records import Product, Quantity, Value, Values

SHIPPED = Concepts.load()


def stating(**attributes: Value | Values) -> Product:
    named = {name.replace("_", " "): values for name, values in attributes.items()}
    return Product.model_validate({"id": "1", "title": "a thing", "attributes": named})


def flag(*sources: Source) -> Concepts:
    return Concepts({"asked": Concept(kind="flag", sources=sources)})


def quantity(unit: str, *sources: Source, possible: tuple[float, float] | None = None) -> Concepts:
    concept = Concept(kind="quantity", unit=unit, range=possible, sources=sources)
    return Concepts({"asked": concept})


def words(read: str, **how: object) -> Concepts:
    source = Source.model_validate({"attribute": ("stated",), "read": read, **how})
    return Concepts({"asked": Concept(kind="words", sources=(source,))})


def read(concepts: Concepts, *values: Value) -> Values | None:
    found = concepts.derive_one(stating(stated=values), "asked")
    return None if found is None else found.values


def unclear(concepts: Concepts, *values: Value) -> str | None:
    found = concepts.derive_one(stating(stated=values), "asked")
    assert found is not None
    assert found.values == ()
    return found.unclear


def inches(value: float) -> Quantity:
    return Quantity(value=value, unit="in")


# Flags


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((True,), True),
        ((False,), False),
        ((2.0,), True),
        ((0.0,), False),
        (("yes",), True),
        ((" NO ",), False),
        (("not supported",), False),
        ((Quantity(value=130, unit="mm"),), True),
        ((Quantity(value=0, unit="mm"),), False),
        ((False, Quantity(value=130, unit="mm")), True),
    ],
)
def test_a_flag_is_read_from_yes_no_and_numbers(values: Values, says: bool):
    assert read(flag(Source(attribute=("stated",), read="flag")), *values) == (says,)


def test_a_flag_does_not_guess_from_other_words():
    assert read(flag(Source(attribute=("stated",), read="flag")), "maybe", "HDMI 1.4") is None


@pytest.mark.parametrize(
    ("value", "says"),
    [("2.0", True), ("USB Type-A", True), (2.0, True), ("none", False), (False, False), (0, False)],
)
def test_whatever_is_stated_means_yes_except_a_no(value: Value, says: bool):
    assert read(flag(Source(attribute=("stated",), read="stated")), value) == (says,)


PORTS = flag(Source(attribute=("stated",), read="mentions", words=("hdmi", "type-c")))


@pytest.mark.parametrize("text", ["HDMI", "VGA, HDMI 1.4", "2 x HDMI;USB", "USB Type-C / VGA"])
def test_a_mention_in_a_list_is_a_yes(text: str):
    assert read(PORTS, text) == (True,)


@pytest.mark.parametrize(
    "text", ["VGA, DVI", "HDMI (optional)", "no HDMI, VGA", "without HDMI", ""]
)
def test_a_list_without_it_or_with_a_hedge_states_nothing(text: str):
    assert read(PORTS, text) is None


def test_a_hedge_counts_for_its_own_entry_only():
    assert read(PORTS, "VGA optional, HDMI") == (True,)


def test_a_mention_is_whole_words_and_never_a_number_or_a_truth():
    assert read(PORTS, "MicroHDMIx", 1.0, True) is None


def test_what_excludes_it_is_a_no_and_silence_is_not():
    manual = flag(Source(attribute=("stated",), read="pick_no", words=("manual",)))
    assert read(manual, "Manual duplex") == (False,)
    assert read(manual, "Automatic") is None


def test_all_words_must_stand_among_the_values():
    colours = ("cyan", "magenta", "yellow")
    inks = flag(Source(attribute=("stated",), read="all", words=colours))
    assert read(inks, "Black, Cyan, Magenta, Yellow") == (True,)
    assert read(inks, "Yellow", "Cyan", "Magenta") == (True,)
    assert read(inks, "Black", "Cyan") is None


# Quantities

DISPLAY = quantity(
    "in", Source(attribute=("stated",), read="quantity", assume="in"), possible=(0.5, 200)
)
LENGTH = quantity("m", Source(attribute=("stated",), read="quantity"), possible=(0.01, 5000))


def test_a_quantity_keeps_the_unit_it_is_stated_in():
    assert read(DISPLAY, Quantity(value=61, unit="cm")) == (Quantity(value=61, unit="cm"),)


def test_a_bare_number_is_in_the_unit_that_the_table_assumes():
    assert read(DISPLAY, 24.0) == (inches(24),)
    assert read(DISPLAY, "24") == (inches(24),)


def test_a_bare_number_without_an_assumed_unit_is_unclear():
    assert unclear(LENGTH, 5.0) == "5 without a unit"


@pytest.mark.parametrize("text", ["60.5 cm", '23.8"', "Diagonal: 24 inch (wide)", "about 24 in"])
def test_a_quantity_is_found_inside_a_text(text: str):
    assert read(DISPLAY, text) is not None


def test_a_figure_outside_what_is_possible_is_unclear():
    assert unclear(DISPLAY, inches(2400)) == "2400 in is no possible figure"
    assert unclear(DISPLAY, 0.0) == "0 in is no possible figure"


def test_the_bounds_of_what_is_possible_are_possible():
    assert read(DISPLAY, inches(0.5), inches(200)) == (inches(0.5), inches(200))


def test_a_possible_figure_counts_beside_an_impossible_one():
    assert read(DISPLAY, inches(2400), inches(24)) == (inches(24),)


def test_a_figure_of_another_dimension_states_nothing():
    assert read(DISPLAY, Quantity(value=3, unit="kg")) is None
    assert read(LENGTH, "3 kg") is None


def test_a_yes_is_no_quantity():
    assert read(DISPLAY, True) is None


def test_a_count_has_no_unit():
    cores = quantity("", Source(attribute=("stated",), read="quantity"), possible=(1, 512))
    assert read(cores, 4.0) == (4.0,)
    assert read(cores, "4") == (4.0,)
    assert unclear(cores, 5000.0) == "5000 is not possible"


# Words


def test_words_are_split_at_commas_and_kept_once():
    assert read(words("words"), "A3, A4;A5", "A4", "yes") == ("A3", "A4", "A5")


def test_words_keep_quantities_and_drop_yes_and_no():
    tank = Quantity(value=2, unit="l")
    assert read(words("words"), tank, "none", "steel / glass") == (tank, "steel", "glass")


def test_a_pattern_picks_what_it_matches():
    paper = words("pick", pattern=r"\bA\d\b")
    assert read(paper, "Plain paper a4, A3 (297 x 420 mm)") == ("A4", "A3")
    assert read(paper, "Letter") is None


# Which source decides

TRUST = flag(
    Source(attribute=("hdmi",), read="flag"),
    Source(attribute=("ports*",), read="mentions", words=("hdmi",)),
)


def test_the_first_source_that_states_something_decides_whatever_the_order_of_attributes():
    for product in (
        stating(hdmi=False, ports_back="HDMI"),
        stating(ports_back="HDMI", hdmi=False),
    ):
        assert TRUST.derive_one(product, "asked") == Derived((False,), "hdmi")


def test_a_later_source_counts_where_the_first_states_nothing():
    product = stating(hdmi="ask us", ports_back="HDMI")
    assert TRUST.derive_one(product, "asked") == Derived((True,), "ports back")


def test_a_clear_figure_of_a_later_source_beats_an_unclear_one():
    noise = quantity(
        "dB(A)",
        Source(attribute=("pressure",), read="quantity"),
        Source(attribute=("noise",), read="quantity", assume="dB(A)"),
        possible=(10, 130),
    )
    for attributes in (
        {"pressure": 6.3, "noise": 49.0},
        {"noise": 49.0, "pressure": 6.3},
    ):
        found = noise.derive_one(stating(**attributes), "asked")
        assert found == Derived((Quantity(value=49, unit="dB(A)"),), "noise")


def test_a_product_that_states_nothing_of_it_derives_nothing():
    assert TRUST.derive(stating(colour="red")) == {}


def test_deriving_one_concept_and_all_agree():
    product = stating(hdmi=True, display_diagonal=24.0, noise_level=40.0, colour="black, red")
    everything = SHIPPED.derive(product)
    assert {"hdmi", "display size", "noise", "colour"} <= set(everything)
    for name, derived in everything.items():
        assert SHIPPED.derive_one(product, name) == derived


def test_a_star_stands_for_anything():
    assert SHIPPED.covering("connector one") == SHIPPED.covering("connector two")
    assert "hdmi" in SHIPPED.covering("connector one")
    assert "hdmi" not in SHIPPED.covering("colour")


def test_attributes_are_matched_whatever_their_spelling():
    assert "colour" in SHIPPED.covering("Product Color")
    assert "colour" in SHIPPED.covering("product-colours")


# The shipped table


@pytest.mark.parametrize(
    ("name", "concept"),
    [
        ("HDMI ports", "hdmi"),
        ("screen size", "display size"),
        ("Wi-Fi", "wi-fi"),
        ("wifi", "wi-fi"),
        ("noise level", "noise"),
        ("RAM", "memory"),
        ("number pad", "numeric keypad"),
        ("double sided printing", "duplex"),
    ],
)
def test_the_words_that_people_use_lead_to_the_concept(name: str, concept: str):
    assert SHIPPED.resolve(name) == concept


def test_a_name_that_no_concept_has_leads_nowhere():
    assert SHIPPED.resolve("flux capacitor") is None


def test_a_concept_goes_by_its_own_name():
    for name in SHIPPED.table:
        assert SHIPPED.resolve(name) == name


def test_sound_power_is_not_noise():
    product = stating(**{"acoustic power emissions": Quantity(value=6.3, unit="B(A)")})
    assert "noise" not in SHIPPED.derive(product)
    assert SHIPPED.derive(product)["sound power"].values == (Quantity(value=6.3, unit="B(A)"),)


def test_a_sound_pressure_of_6_3_is_unclear():
    printer = stating(**{"sound pressure level (printing)": 6.3})
    assert SHIPPED.derive(printer)["noise"].unclear == "6.3 dB(A) is no possible figure"


def test_every_quantity_of_the_table_has_bounds_and_flags_have_none():
    for name, concept in SHIPPED.table.items():
        assert (concept.range is not None) == (concept.kind == "quantity"), name


# A table of one's own


def table(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_own_table_adds_concepts_and_replaces_ours(tmp_path: Path):
    own = """
        ["spice level"]
        aliases = ["heat"]
        kind = "words"
        sources = [{ attribute = ["hotness"], read = "words" }]

        [hdmi]
        kind = "flag"
        sources = [{ attribute = ["bildausgang"], read = "mentions", words = ["hdmi"] }]
    """
    concepts = Concepts.load(table(tmp_path, own))
    sauce = stating(hotness="mild", bildausgang="HDMI", hdmi=True)
    derived = concepts.derive(sauce)
    assert derived["spice level"] == Derived(("mild",), "hotness")
    assert derived["hdmi"] == Derived((True,), "bildausgang")
    assert concepts.resolve("heat") == "spice level"
    assert concepts.resolve("RAM") == "memory"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a", "own.toml: cannot read"),
        ('[a]\nkind = "flags"\nsources = []', "own.toml: a.kind"),
        ('[a]\nkind = "flag"\nsources = []\ncolour = 1', "own.toml: a.colour"),
        ('[a]\nkind = "quantity"\nunit = "smoot"\nsources = []', "own.toml: a: unknown unit 'sm"),
        (
            '[a]\nkind = "flag"\nsources = [{ attribute = ["b"], read = "mentions" }]',
            "own.toml: a: a source that reads 'mentions' needs `words`",
        ),
    ],
)
def test_a_faulty_table_is_refused_with_its_file_and_place(tmp_path: Path, text: str, said: str):
    with pytest.raises(BadSource) as refused:
        Concepts.load(table(tmp_path, text))
    assert said in str(refused.value)


def test_a_missing_table_is_refused_with_its_path(tmp_path: Path):
    with pytest.raises(BadSource, match=r"nowhere\.toml: cannot read"):
        Concepts.load(tmp_path / "nowhere.toml")


def test_an_own_concept_can_be_filtered_by(tmp_path: Path):
    own = '[halal]\nkind = "flag"\nsources = [{ attribute = ["certificates"], read = "mentions",'
    concepts = Concepts.load(table(tmp_path, own + ' words = ["halal"] }]'))
    sauce = stating(certificates="Kosher, Halal")
    assert judge(sauce, attribute_filter("halal", True), concepts) == Met("certificates")
