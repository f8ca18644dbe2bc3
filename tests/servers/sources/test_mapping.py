from pathlib import Path

import pytest

from servers.index import BadSource
from servers.sources.mapping import load_mapping, parse_mapping, shipped_mappings

PLAIN = 'kind = "product"\n[fields]\nid = "id"\ntitle = "name"\n'


def test_every_shipped_mapping_loads() -> None:
    names = shipped_mappings()
    assert names == ["icecat", "toys", "toys-reviews", "webshop"]
    kinds = [load_mapping(name).kind for name in names]
    assert kinds == ["product", "product", "review", "product"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind = ", "not TOML"),
        (PLAIN.replace("title", "titel"), "unknown product field 'titel'; did you mean 'title'"),
        (PLAIN.replace("kind", "knd"), "unknown key 'knd'; did you mean 'kind'"),
        (PLAIN + 'price = { colum = "p" }', "unknown key 'colum'; did you mean 'column'"),
        (PLAIN + 'price = { column = "p", path = "a.b" }', "needs exactly one of"),
        (PLAIN + 'price = { column = "p", currency = "EURO" }', "'EURO' is no ISO 4217"),
        ('kind = "product"\n[fields]\nid = "id"', "a product needs the field 'title'"),
        ('kind = "review"\n[fields]\ntext = "t"', "a review needs the field 'product_id'"),
        ('kind = "shop"\n[fields]\nid = "id"', "kind: "),
        (PLAIN + '[units]\nsize = "furlong"', "unknown unit 'furlong'"),
        (PLAIN + "[[attributes]]\nrest = true\nprefix = 'a'", "needs exactly one of prefix"),
        (PLAIN + "[[attributes]]\ncolumn = 'x'\nform = 'labels'", "needs `labels`"),
        (PLAIN + "[[attributes]]\nfrom = 'x'\nname = 'y'\nmatch = '3'", r"needs a group"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong_and_what_is_near(text: str, message: str) -> None:
    with pytest.raises(BadSource) as caught:
        parse_mapping(text, "mine.toml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("mapping mine.toml: ")


def test_a_mapping_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="icecat, toys, toys-reviews, webshop"):
        load_mapping(str(tmp_path / "none.toml"))


def test_a_mapping_is_read_from_a_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PLAIN)
    assert load_mapping(str(path)).column_names() == ["id", "name"]
