"""The judge of finished runs finds each fault that is planted in a sound one."""

import csv
import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.independent import faults, says

KITE, BAT, DRAGON, SILK = "a1" * 16, "b2" * 16, "c3" * 16, "d4" * 16

QUESTION: dict[str, Any] = {
    "catalog": "toys",
    "question": "a kite under £15 that flies well",
    "acceptable": [KITE, BAT],
    "either": {},
    "unverified": {SILK: "price not stated"},
    "must_not": {DRAGON: "£18.50"},
    "near_misses": {DRAGON: "£18.50, over by £3.50; sold for 8 years and up"},
    "must_say": ["two kites under £15", {"any": ["easy to fly", "flies well"]}],
    "owners_say": ["flies"],
}

MARKDOWN = """# A kite under £15 that flies well

## Recommendation
There are two kites under £15.

1. **Red Kite** [1]: £9.99, for 3 years and up
2. Bat Kite [2]: £13.80
   - £4.70 under the Dragon Kite [3]

## Comparison

| Need | Red Kite [1] | Bat Kite [2] |
|---|---|---|
| price under £15 | £9.99 | £13.80 |

## Nearest
- Dragon Kite [3]: £18.50, over by £3.50; for 8 years and up

## What owners say
- Red Kite [1]: “It flies well … every \\*single\\* day” [4] and “Kids &lt;3 it” [4]

## References

[1] Red Kite. `product://x`
"""


def reference(n: int, kind: str, id: str, title: str) -> dict[str, Any]:
    return {"n": n, "id": id, "kind": kind, "title": title, "url": None}


def card(id: str, title: str, price: float) -> dict[str, Any]:
    return {"product_id": id, "title": title, "price": price, "currency": "GBP", "url": None}


def cell(id: str, value: str) -> dict[str, Any]:
    return {"value": value, "evidence_id": id}


REPORT: dict[str, Any] = {
    "question": QUESTION["question"],
    "needs": [],
    "recommended": [card(KITE, "Red Kite", 9.99), card(BAT, "Bat Kite", 13.8)],
    "near_misses": [card(DRAGON, "Dragon Kite", 18.5)],
    "unverified": [{"product_id": SILK, "title": "Silk Kite", "unknown": ["price"]}],
    "comparison": [
        {"need": "price", "values": {KITE: cell(KITE, "£9.99"), BAT: cell(BAT, "£13.80")}},
        {"need": "age", "values": {KITE: cell(KITE, "3 years and up"), BAT: cell(BAT, "6 months")}},
        {"need": "in stock", "values": {KITE: cell(KITE, "yes"), BAT: None}},
    ],
    "claims": [],
    "could_not_verify": [],
    "references": [
        reference(1, "product", KITE, "Red Kite"),
        reference(2, "product", BAT, "Bat Kite"),
        reference(3, "product", DRAGON, "Dragon Kite"),
        reference(4, "review", f"{KITE}-1", "5-star review: Up it goes"),
    ],
    "stop_reason": "finished",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "toys"
    folder.mkdir(parents=True)
    names = ("product_id", "product_name", "price", "number_available_in_stock", "details")
    with (folder / "products.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        rows.writerow((KITE, "Red Kite", "£9.99", "5 new", "age:3 years and up"))
        rows.writerow((BAT, "Bat Kite", "13.80", "", "age:6 - 3 months"))
        rows.writerow((DRAGON, "Dragon Kite", "18.50", "2", "age:8 years and up"))
        rows.writerow((SILK, "Silk Kite", "", "1", ""))
    said = "It flies  well in the park,\nevery *single* day. Kids <3 it"
    reviews = [{"product_id": KITE, "title": "Up it goes", "rating": 5.0, "text": said}]
    lines = "\n".join(json.dumps(review) for review in reviews)
    (folder / "reviews.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path / "data"


@pytest.fixture
def judge(tmp_path: Path, data: Path) -> Callable[..., list[str]]:
    def judged(
        report: dict[str, Any] = REPORT, markdown: str = MARKDOWN, **question: Any
    ) -> list[str]:
        run = tmp_path / "run"
        run.mkdir(exist_ok=True)
        (run / "report.json").write_text(json.dumps(report), encoding="utf-8")
        (run / "report.md").write_text(markdown, encoding="utf-8")
        return faults(run, QUESTION | question, data)

    return judged


def changed(path: str, value: Any) -> dict[str, Any]:
    """The sound report with one place of it set to another value."""
    report = deepcopy(REPORT)
    at: Any = report
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    for step in steps:
        at = at[step]
    at[last] = value
    return report


def test_a_sound_run_has_no_faults(judge: Callable[..., list[str]]):
    assert judge() == []


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("recommended/0/price", 9.95, f"recommended: price of {KITE} is 9.99, not 9.95"),
        ("recommended/0/currency", "EUR", f"recommended: {KITE} is priced in GBP"),
        ("recommended/0/url", "https://example.com", f"the address of {KITE} is not in the"),
        ("near_misses/0/title", "Dragon", f"title of {DRAGON} is 'Dragon Kite', not 'Dragon'"),
        ("near_misses", [], f"does not name {DRAGON} as a near miss"),
        ("recommended/1", card(DRAGON, "Dragon Kite", 18.5), "which does not fit: £18.50"),
        ("recommended/1/product_id", SILK, "which does not fit: price not stated"),
        ("recommended/1/product_id", "unknown", "which is not in the catalog"),
        ("recommended", [], "recommends 0 of 2 acceptable products, fewer than 2"),
        ("references/0/id", "a0" * 16, f"[1] cites {'a0' * 16}, which is not in the catalog"),
        ("references/0/title", "Blue Kite", "'Blue Kite', not 'Red Kite'"),
        ("references/3/id", "review-1", "[4] cites the review review-1, which is not in"),
        ("references/3/kind", "page", "[4] cites the web page"),
        ("references/1/n", 7, "[2] is not among the references"),
        ("comparison/0/values", {KITE: cell(KITE, "£9.98")}, "does not state '£9.98'"),
        ("comparison/0/values", {KITE: cell(BAT, "£13.80")}, f"is compared by {BAT}"),
        ("comparison/1/values", {KITE: cell(KITE, "4 years and up")}, "'4 years and up'"),
        (
            "comparison/1/values",
            {BAT: cell(BAT, "3 years")},
            f"age: {BAT} does not state '3 years'",
        ),
        ("comparison/2/values", {KITE: cell(KITE, "no")}, "in stock: "),
        ("comparison/2/values", {BAT: cell(BAT, "no")}, "in stock: "),
    ],
)
def test_a_fault_in_the_report_is_found(
    judge: Callable[..., list[str]], path: str, value: Any, fault: str
):
    assert any(fault in each for each in judge(changed(path, value)))


@pytest.mark.parametrize(
    ("words", "instead", "fault"),
    [
        ("flies well …", "flies very well …", "no cited review says 'It flies very well …"),
        ("“Kids &lt;3 it”", "“Kids love it”", "no cited review says 'Kids love it'"),
        ("… every", "every", "no cited review says"),
        ("It flies well", "It … Kids", "no cited review says"),
        ("It flies well … every", "every", "quotes no owner of a recommended product"),
        ("[4] and", "[9] and", "[9] is not among the references"),
        ("“Kids &lt;3 it”", "(quote not found)", "report.md holds (quote not found)"),
        ("over by £3.50", "over by £13.50", f"beside {DRAGON} that it misses by 3.50"),
        (
            ": £18.50, over by £3.50",
            ": price £18.50, over by £3.51",
            "the price 18.50 does not miss a bound of the question by 3.51",
        ),
        ("8 years and up", "18 years and up", f"beside {DRAGON} that it is for 8 years"),
        ("two kites under £15", "two kites under £150", "does not say: two kites under £15"),
        ("that flies well", "to fly", "does not say: {'any': ['easy to fly', 'flies well']}"),
        ("£13.80\n", "£14.80\n", "the amount £14.80 is no price, bound or difference"),
        ("Bat Kite [2]", "Bat Kite", f"report.md cites nothing for the recommended {BAT}"),
    ],
)
def test_a_fault_in_the_text_is_found(
    judge: Callable[..., list[str]], words: str, instead: str, fault: str
):
    assert words in MARKDOWN
    text = MARKDOWN.replace(words, instead)
    if fault.startswith("does not say: {"):
        text = text.replace("flies well …", "flies …")
    assert any(fault in each for each in judge(markdown=text))


def test_at_least_five_are_recommended_where_so_many_fit(judge: Callable[..., list[str]]):
    found = judge(acceptable=[KITE, BAT, *(str(n) for n in range(9))])
    assert found == ["recommends 2 of 11 acceptable products, fewer than 5"]


def test_a_review_with_an_id_of_its_own_is_found_through_what_a_tool_returned(
    judge: Callable[..., list[str]], tmp_path: Path
):
    fields = {"product_id": "p7", "text": "… in the park, every *single* day."}
    observed = {"alias": "r1", "kind": "review", "id": "review-1", "fields": fields}
    named = {"alias": "p7", "kind": "product", "id": KITE, "fields": {}}
    trajectory = tmp_path / "run" / "trajectory.jsonl"
    trajectory.parent.mkdir()
    trajectory.write_text(json.dumps({"evidence": [named, observed]}), encoding="utf-8")
    assert judge(changed("references/3/id", "review-1")) == []
    fields["text"] = "every day in the park"
    trajectory.write_text(json.dumps({"evidence": [named, observed]}), encoding="utf-8")
    [fault, *_] = judge(changed("references/3/id", "review-1"), owners_say=[])
    assert fault == "[4] cites the review review-1, which is not in the file"


def test_prices_in_cents_and_flags_are_read_and_no_currency_is_made_up(tmp_path: Path):
    data, run = tmp_path / "icecat", tmp_path / "run"
    data.mkdir()
    run.mkdir()
    raw = {"id": "7", "title": 'A 24" monitor', "price": 19995, "attr_n_display_diagonal": 23.8}
    raw |= {"attr_b_height_adjustment": False, "attr_n_height": 520.0, "attr_b_hdmi": True}
    raw |= {"attr_b_usb_hub": False, "attr_t_device_interface": "USB"}
    (data / "products-1.json.gz").write_bytes(gzip.compress(json.dumps([raw]).encode()))
    shown = {"product_id": "7", "title": raw["title"], "price": 199.95, "currency": None}
    values = {"HDMI": "yes", "usb": "yes", "display diagonal": "23.8 in", "price": "199.95"}
    report = REPORT | {
        "recommended": [shown],
        "near_misses": [],
        "unverified": [],
        "references": [reference(1, "product", "7", raw["title"])],
        "comparison": [
            {"need": need, "values": {"7": cell("7", value)}} for need, value in values.items()
        ],
    }
    question = {"catalog": "icecat", "question": "a monitor", "acceptable": ["7"]}
    (run / "report.md").write_text('A 24" monitor [1] at 199.95', encoding="utf-8")
    (run / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert faults(run, question, tmp_path) == []
    report["comparison"] = [
        {"need": "height adjustment", "values": {"7": cell("7", "yes")}},
        {"need": "price", "values": {"7": cell("7", "19995")}},
    ]
    (run / "report.md").write_text('A 24" monitor [1] at €199.95', encoding="utf-8")
    (run / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert faults(run, question, tmp_path) == [
        "shows a currency the catalog does not state: €1",
        "height adjustment: 7 does not state 'yes'",
        "price: 7 does not state '19995'",
    ]


def test_a_range_of_prices_and_the_placeholder_state_no_one_price(tmp_path: Path):
    folder = tmp_path / "webshop"
    folder.mkdir()
    raws = [{"asin": "A", "name": "a", "Price": "$2.5 to $6.99"}]
    raws += [{"asin": "B", "name": "b", "Price": "$100.0"}]
    packed = "\n".join(json.dumps(raw) for raw in raws).encode()
    (folder / "products.jsonl.gz").write_bytes(gzip.compress(packed))
    cards = [{"product_id": "A", "title": "a", "price": 2.5, "currency": "USD"}]
    cards += [{"product_id": "B", "title": "b", "price": None, "currency": None}]
    report = REPORT | {"recommended": [], "near_misses": cards, "unverified": []}
    report |= {"references": [], "comparison": []}
    run = tmp_path / "run"
    run.mkdir()
    (run / "report.md").write_text("nothing fits", encoding="utf-8")
    (run / "report.json").write_text(json.dumps(report), encoding="utf-8")
    question = {"catalog": "webshop", "question": "an a", "acceptable": []}
    assert faults(run, question, tmp_path) == []
    cards[0]["price"] = 3.5
    (run / "report.json").write_text(json.dumps(report), encoding="utf-8")
    [fault] = faults(run, question, tmp_path)
    assert fault.startswith("near_misses: price of A is ")


@pytest.mark.parametrize(
    ("passage", "phrase", "said"),
    [
        ("no train set under £60 here", "60", True),
        ("under 60.00.", "60", True),
        ("at 160 or 600 or 60.50 or 1.60", "60", False),
        ("the 5550dtn", "5550dn", False),
        ("the hp 5550dn.", "5550dn", True),
        ("nothing fits", "no ", False),
    ],
)
def test_a_phrase_is_looked_for_as_a_whole(passage: str, phrase: str, said: bool):
    assert says(passage, phrase) is said
