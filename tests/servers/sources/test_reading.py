import csv
import gzip
import io
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.index import BadSource
from servers.records import AnyRecord, Page, Product, Quantity, Review
from servers.sources.files import MAX_LINE
from servers.sources.reading import read_all
from servers.sources.rejects import Counts, Reject, RejectsFile


class Outcome:
    def __init__(
        self, *paths: Path, mapping: str | Sequence[str] | None = None, currency: str | None = None
    ) -> None:
        self.counts = Counts()
        self.rejects: list[Reject] = []
        self.records: list[AnyRecord] = list(
            read_all(
                paths, mapping=mapping, currency=currency, counts=self.counts,
                on_reject=self.rejects.append,
            )
        )  # fmt: skip

    @property
    def only(self) -> AnyRecord:
        assert len(self.records) == 1, self.rejects
        return self.records[0]

    def troubles(self) -> list[tuple[int | None, str | None, str]]:
        return [(reject.line, reject.field, reject.severity) for reject in self.rejects]


@pytest.fixture
def write(tmp_path: Path):
    def written(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


SHOP = """id,name,manufacturer,price,stock,Weight (kg),Colour,category,updated
a1,Kettle,Acme,£12.99,5 new,1.2,red,Home > Kitchen,2026-11-01
a2,"Toaster, wide",Acme,"1,299",0,2,,Home > Kitchen,02/03/2026
"""


def test_a_csv_with_our_names_or_close_ones_needs_no_mapping(write) -> None:
    outcome = Outcome(write("shop.csv", SHOP))
    assert outcome.records == [
        Product(
            id="a1", title="Kettle", brand="Acme", price=Decimal("12.99"), currency="GBP",
            in_stock=True, category=("Home", "Kitchen"), as_of=date(2026, 11, 1),
            attributes={"weight": (Quantity(value=1.2, unit="kg"),), "colour": ("red",)},
        ),
        Product(
            id="a2", title="Toaster, wide", brand="Acme", in_stock=False,
            category=("Home", "Kitchen"),
            attributes={"weight": (Quantity(value=2, unit="kg"),)},
        ),
    ]  # fmt: skip
    assert outcome.troubles() == [(3, "price", "unclear"), (3, "as_of", "unclear")]
    assert dict(outcome.counts.read) == {"product": 2}
    assert dict(outcome.counts.unclear) == {"price": 1, "as_of": 1}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("packed", [False, True])
def test_delimiter_bom_and_gzip_are_told_by_the_content(
    write, delimiter: str, packed: bool
) -> None:
    table = io.StringIO()
    csv.writer(table, delimiter=delimiter).writerows(csv.reader(io.StringIO(SHOP)))
    content = b"\xef\xbb\xbf" + table.getvalue().encode()
    outcome = Outcome(write("shop.csv", gzip.compress(content) if packed else content))
    assert [record.id for record in outcome.records] == ["a1", "a2"]


def test_a_google_feed_as_tsv_needs_no_mapping(write) -> None:
    head = "g:id\tg:title\tlink\tg:image_link\tg:price\tavailability\tg:gtin\tg:item_group_id"
    row = "x\tShirt\thttps://s.example/x\tftp://bad\t15.00 USD\tin stock\t4006381333931\tshirts"
    outcome = Outcome(write("feed.txt", f"{head}\n{row}\n"))
    assert outcome.only == Product(
        id="x", title="Shirt", url="https://s.example/x", price=Decimal("15.00"), currency="USD",
        in_stock=True, gtin="4006381333931", group="shirts",
    )  # fmt: skip
    assert outcome.troubles() == [(2, "image_url", "unclear")]


def test_reviews_and_pages_in_tables_are_told_from_products(write) -> None:
    reviews = write("r.csv", "product_id,stars,body,date,author\na1,5,Good,4 Jan. 2013,Ann Lee\n")
    pages = write("p.jsonl", '{"title": "Kettles", "text": "How to choose", "url": "http://g.e/k"}')
    review = Outcome(reviews).only
    page = Outcome(pages).only
    assert isinstance(review, Review)
    assert (review.product_id, review.rating, review.text) == ("a1", 5, "Good")
    assert review.posted == date(2013, 1, 4)
    assert review.author
    assert "Ann" not in review.author
    assert review.id == Outcome(reviews).only.id, "the same file gives the same ids"
    assert isinstance(page, Page)
    assert page.text == "How to choose"


def test_a_currency_of_the_command_line_stands_where_the_file_names_none(write) -> None:
    path = write("shop.csv", "id,title,price,currency\na,A,5,\nb,B,£5,\nc,C,5,usd\nd,D,,\n")
    products = Outcome(path, currency="eur").records
    stated = [record.currency for record in products if isinstance(record, Product)]
    assert stated == ["EUR", "GBP", "USD", None]
    with pytest.raises(BadSource, match="currency: 'EURO' is no ISO 4217 currency code"):
        Outcome(path, currency="euro")


def test_records_in_our_own_layout_come_back_as_they_were(write) -> None:
    records = [
        Product(
            id="p", title="P", price=Decimal("1.50"), currency="EUR", category=("A", "B"),
            attributes={"size": (Quantity(value=3, unit="m"), "36200", True, 2.0)},
        ),
        Review(id="r", product_id="p", rating=4, text="Fine", author="u1"),
        Page(id="w", title="W", text="# W", published=date(2026, 1, 2)),
    ]  # fmt: skip
    kinds = ("product", "review", "page")
    lines = [
        json.dumps({"kind": kind} | json.loads(record.model_dump_json()))
        for kind, record in zip(kinds, records, strict=True)
    ]
    bad = '{"kind": "product", "id": "x", "title": "X", "prise": 3}\n{"kind": "shop"}'
    outcome = Outcome(write("own.jsonl", "\n".join([*lines, bad])))
    assert outcome.records == records
    assert outcome.troubles() == [(4, "prise", "rejected"), (5, "kind", "rejected")]
    assert "did you mean 'price'" in outcome.rejects[0].reason


def test_a_row_that_cannot_be_read_is_rejected_and_the_rest_goes_on(write) -> None:
    path = write("shop.csv", "id,title,price\na,A,1\n,no id,1\nb,,1\nc,C\nd,D,1,extra\ne,E,1\n")
    outcome = Outcome(path)
    assert [record.id for record in outcome.records] == ["a", "e"]
    assert sorted(outcome.troubles(), key=lambda trouble: trouble[0] or 0) == [
        (3, "id", "rejected"), (4, "title", "rejected"), (5, None, "rejected"),
        (6, None, "rejected"),
    ]  # fmt: skip
    reasons = {reject.line: reject.reason for reject in outcome.rejects}
    assert reasons[5] == "the row has 2 cells, the header 3"
    assert outcome.counts.rejected == 4


def test_nan_infinite_and_negative_prices_are_left_out(write) -> None:
    lines = "\n".join(
        f'{{"id": "{at}", "title": "T", "price": {price}}}'
        for at, price in enumerate(("NaN", "Infinity", "-3", '"NaN"', '"-£3"', "3"))
    )
    outcome = Outcome(write("shop.jsonl", lines))
    prices = [record.price for record in outcome.records if isinstance(record, Product)]
    assert prices == [None] * 5 + [Decimal(3)]
    assert outcome.counts.unclear["price"] == 5


def test_an_attribute_without_end_rejects_a_record_in_our_own_layout(write) -> None:
    row = '{"kind": "product", "id": "a", "title": "T", "attributes": {"weight": [Infinity, 3]}}'
    outcome = Outcome(write("own.jsonl", row))
    assert (outcome.records, outcome.troubles()) == ([], [(1, "attributes.weight", "rejected")])


def test_a_column_that_only_later_rows_have_is_still_read_as_what_it_is(write) -> None:
    rows = [{"id": str(n), "title": "T"} for n in range(30)]
    late = {"id": "x", "title": "T", "price": 19.990000000000002, "colour": "red"}
    product = Outcome(write("a.jsonl", "\n".join(map(json.dumps, [*rows, late])))).records[-1]
    assert product == Product(
        id="x", title="T", price=Decimal("19.99"), attributes={"colour": ("red",)}
    )


def test_values_of_the_wrong_shape_are_left_out_or_reject_the_row(write) -> None:
    rows = [
        {"id": "a", "title": "x\ud800"},
        {"id": ["b"], "title": "T"},
        {"id": True, "title": "T"},
        {"id": "c", "title": "T", "brand": {"a": 1}, "price": {"v": 3}, "stock": [1], "rating": {}},
        {"id": "d", "title": {"a": 1}},
    ]
    outcome = Outcome(write("a.jsonl", "\n".join(map(json.dumps, rows))))
    assert outcome.records == [Product(id="c", title="T")]
    assert [trouble for trouble in outcome.troubles() if trouble[2] == "rejected"] == [
        (1, "title", "rejected"), (2, "id", "rejected"), (3, "id", "rejected"),
        (5, "title", "rejected"),
    ]  # fmt: skip
    reviews = write("r.jsonl", '{"product_id": "a", "text": "x\\ud800"}')
    assert Outcome(reviews).troubles() == [(1, None, "rejected")]


def test_the_last_of_two_records_with_one_id_comes_last_and_is_counted(write) -> None:
    outcome = Outcome(write("shop.csv", "id,title\na,First\nb,B\na,Second\n"))
    assert [getattr(record, "title", "") for record in outcome.records][-1] == "Second"
    assert outcome.counts.duplicates == 1


def test_an_id_with_spaces_stays_one_word_and_a_number_stays_whole(write) -> None:
    outcome = Outcome(write("a.jsonl", '{"sku": "AB 1", "name": "A"}\n{"sku": 12.0, "name": "B"}'))
    assert [record.id for record in outcome.records] == ["AB%201", "12"]


def test_a_line_without_end_is_rejected_in_bounded_memory(write) -> None:
    long = b'{"id": "b", "title": "' + b"x" * (MAX_LINE + 1000) + b'"}'
    content = b'{"id": "a", "title": "A"}\n' + long + b'\n{"id": "c", "title": "C"}\n'
    outcome = Outcome(write("long.jsonl", content))
    assert [record.id for record in outcome.records] == ["a", "c"]
    assert outcome.troubles() == [(2, None, "rejected")]
    assert len(outcome.rejects[0].excerpt) <= 300
    array = Outcome(write("long.json", b'[{"id": "a", "title": "A"}, ' + long + b"]"))
    assert [record.id for record in array.records] == ["a"]
    assert "the rest of the file is not read" in array.rejects[0].reason


def test_text_in_another_encoding_is_named_by_its_line_and_read_where_a_mapping_says_so(
    write,
) -> None:
    path = write("latin.csv", "id,title\na,A\nb,Café\n".encode("cp1252"))
    outcome = Outcome(path)
    assert [record.id for record in outcome.records] == ["a"]
    assert outcome.rejects[0].line == 3
    assert 'encoding = "cp1252"' in outcome.rejects[0].reason
    mapping = write(
        "m.toml",
        'kind = "product"\nencoding = "cp1252"\n[fields]\nid = "id"\ntitle = "title"\n',
    )
    assert getattr(Outcome(path, mapping=str(mapping)).records[1], "title", "") == "Café"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (bytes(range(256)) * 8, "the file is binary"),
        ("id,title\na,A".encode("utf-16"), "UTF-16; save it as UTF-8"),
        (b"\x1f\x8b\x08\x00broken", "cannot be read"),
        (b"just one sentence of prose\nand another", "no column can be read as the id"),
        (b'{\n "id": "a",\n "title": "A"\n}', "one JSON object over many lines"),
    ],
)
def test_a_file_that_is_no_source_is_one_clear_error(write, content: bytes, message: str) -> None:
    path = write("shop.csv", content)
    with pytest.raises(BadSource, match=message) as caught:
        Outcome(path)
    assert str(path) in str(caught.value)


def test_a_gzip_file_that_breaks_off_is_one_clear_error(write) -> None:
    whole = gzip.compress(
        ("id,title\n" + "".join(f"{n},T{n * 7}\n" for n in range(50_000))).encode()
    )
    with pytest.raises(BadSource, match="broken off"):
        Outcome(write("shop.csv.gz", whole[: len(whole) // 2]))


def test_a_missing_file_and_an_empty_folder_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="no such file or folder"):
        Outcome(tmp_path / "none.csv")
    with pytest.raises(BadSource, match="no file in it ends in"):
        Outcome(tmp_path)


def test_a_mapping_that_does_not_fit_lists_the_files_columns(write) -> None:
    path = write("shop.csv", "SKU,Produktname\na,A\n")
    with pytest.raises(BadSource, match=r"names none of its columns.*SKU, Produktname"):
        Outcome(path, mapping="webshop")
    mapping = write("m.toml", 'kind="product"\n[fields]\nid="SKU"\ntitle="Produktnam"\n')
    with pytest.raises(BadSource, match="no column 'Produktnam'; did you mean 'Produktname'"):
        Outcome(path, mapping=str(mapping))


def test_of_several_mappings_each_file_takes_the_one_that_fits(write, tmp_path: Path) -> None:
    write("in/products.csv", "sku,label\na,Kettle\n")
    write("in/opinions.csv", "sku,words,points\na,Good,8\n")
    write("in/README.md", "# no page of the shop")
    products = write("p.toml", 'kind="product"\n[fields]\nid="sku"\ntitle="label"\n')
    reviews = write(
        "r.toml",
        'kind="review"\n[fields]\nproduct_id="sku"\ntext="words"\n'
        'rating={column="points", scale=10}\n',
    )
    outcome = Outcome(tmp_path / "in", mapping=[str(products), str(reviews)])
    assert dict(outcome.counts.read) == {"product": 1, "review": 1}
    assert [record.rating for record in outcome.records if isinstance(record, Review)] == [4.0]


def test_a_file_in_a_folder_that_cannot_be_read_is_a_reject_and_not_the_end(
    write, tmp_path: Path
) -> None:
    write("in/a.csv", SHOP)
    write("in/b.csv", "")
    write("in/.hidden/c.csv", SHOP)
    outcome = Outcome(tmp_path / "in")
    assert outcome.counts.read["product"] == 2
    assert [(Path(reject.file).name, reject.line) for reject in outcome.rejects[-1:]] == [
        ("b.csv", None)
    ]


def test_a_broken_json_array_gives_what_stands_before_the_break(write) -> None:
    rows = [{"id": str(n), "title": "T"} for n in range(3)]
    whole = json.dumps(rows, indent=1)
    outcome = Outcome(write("a.json", whole[:-20] + "]"))
    assert [record.id for record in outcome.records] == ["0", "1"]
    assert outcome.rejects[0].line == 10
    cut = Outcome(write("b.json", whole[: whole.rindex(",\n {")] + ","))
    assert [record.id for record in cut.records] == ["0", "1"]
    assert cut.rejects[0].reason == "the JSON array is broken off"


def test_an_array_longer_than_one_chunk_is_read_whole(write) -> None:
    rows = [{"id": str(n), "title": "é" * 500} for n in range(3000)]
    outcome = Outcome(write("a.json", json.dumps(rows, ensure_ascii=False)))
    assert [record.id for record in outcome.records] == [row["id"] for row in rows]
    assert not outcome.rejects


def test_rejects_are_written_as_json_lines_and_an_old_file_does_not_stay(
    write, tmp_path: Path
) -> None:
    path, rejects = write("shop.csv", "id,title,price\n,x,1\n"), tmp_path / "rejects.jsonl"
    with RejectsFile(rejects) as on_reject:
        assert list(read_all([path], on_reject=on_reject)) == []
    assert json.loads(rejects.read_text()) == {
        "file": str(path), "line": 2, "field": "id", "severity": "rejected",
        "reason": "is empty, and a record needs it",
        "excerpt": '{"id": "", "title": "x", "price": "1"}',
    }  # fmt: skip
    with RejectsFile(rejects) as on_reject:
        pass
    assert not rejects.exists()


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(
    lambda text: text.strip() != ""
)


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(cells, cells, st.integers(0, 10**6)), min_size=1, max_size=8))
def test_any_text_in_a_csv_cell_arrives_in_its_record(
    rows: list[tuple[str, str, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("csv") / "shop.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(
            [("id", "title", "brand", "price")]
            + [(str(at), title, brand, f"{pence / 100:.2f}")
               for at, (title, brand, pence) in enumerate(rows)]
        )  # fmt: skip
    outcome = Outcome(path)
    assert [(r.title, r.brand, r.price) for r in outcome.records if isinstance(r, Product)] == [
        (" ".join(title.split()), " ".join(brand.split()), Decimal(pence) / 100)
        for title, brand, pence in rows
    ]
    assert not outcome.rejects


@settings(max_examples=80)
@given(junk=st.binary(max_size=400))
def test_no_bytes_end_in_anything_but_records_rejects_or_a_clear_error(
    junk: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("junk") / "shop.csv"
    path.write_bytes(b"id,title,price\n" + junk)
    refused: BadSource | None = None
    try:
        Outcome(path)
    except BadSource as error:
        refused = error
    assert refused is None or str(path) in str(refused)
