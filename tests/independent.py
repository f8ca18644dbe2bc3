"""Judges a finished run from the raw catalog files alone.

It shares no code with what it judges: own readers, own conversion of prices, own reading of
the report. `faults` answers with one sentence for each thing that is wrong.
"""

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.rawfiles import Catalog, Row, fold, read_catalog, texts_of

ENOUGH = 5
"""So many of the acceptable products a report recommends, or all where there are fewer."""

NO = ("no ", "none", "nothing", "not one")

# What the prose of a question's `must_say` asks for: one phrase of each tuple, in one passage.
READINGS: dict[str, tuple[tuple[str, ...], ...]] = {
    "no train set under £60": (NO, ("train set", "train sets"), ("60",)),
    "the quietest with a stated figure are the HP 5550dn and 5550dtn at 49 dB(A)": (
        ("quietest", "lowest noise", "least noise", "lowest sound"),
        ("5550dn", "1198912"),
        ("5550dtn", "513832"),
        ("49",),
    ),
    "noise of the CM6030f (1588592) is not stated": (
        ("noise", "quiet", "sound", "acoustic", "loud"),
        ("cm6030f", "1588592"),
        ("not stated", "not given", "unknown", "no figure", "could not verify", "unverified"),
    ),
}


def faults(run_dir: Path, question: dict[str, Any], data_dir: Path) -> list[str]:
    """What is wrong with the run in `run_dir` as an answer to one question of a gold file."""
    run, catalog = Run(run_dir), read_catalog(data_dir, question["catalog"])
    judges: tuple[Callable[[Run, Catalog, dict[str, Any]], Iterator[str]], ...] = (
        recommends_what_fits,
        names_what_comes_nearest,
        says_what_it_must,
        quotes_owners_on_what_was_asked,
        copies_titles_and_prices,
        shows_no_invented_amount,
        cites_what_exists,
        quotes_word_for_word,
        compares_what_the_catalog_states,
    )
    return [fault for judge in judges for fault in judge(run, catalog, question)]


# the run


class Run:
    """The files of one run, read the way a stranger reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
        self.markdown = (folder / "report.md").read_text("utf-8")
        self.references: dict[int, dict[str, Any]] = {
            reference["n"]: reference for reference in self.report["references"]
        }

    def ids(self, section: str) -> list[str]:
        return [each["product_id"] for each in self.report[section]]

    @cached_property
    def body(self) -> str:
        """Without the list of references."""
        return re.split(r"(?m)^#+ +References\b", self.markdown)[0]

    @cached_property
    def passages(self) -> list[str]:
        """Paragraphs, lists, list items, rows and cells, each with its heading.

        A citation is spelled out as the title and id of its source.
        """
        found: list[str] = []
        heading = ""
        for block in re.split(r"\n\s*\n|(?m:^(?=#))", self.body):
            lines = [line for line in block.splitlines() if line.strip()]
            if lines and lines[0].startswith("#"):
                heading = lines.pop(0).lstrip("# ")
            for passage in _parts(lines):
                found.append(plain(f"{heading} {self._spelled(passage)}").lower())
        return found

    @cached_property
    def observed(self) -> list[dict[str, Any]]:
        """The evidence that the trajectory records: {alias, kind, id, fields}."""
        path = self.folder / "trajectory.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        events = [json.loads(line) for line in lines]
        return [each for event in events for each in event.get("evidence", ())]

    def _spelled(self, text: str) -> str:
        def source(found: re.Match[str]) -> str:
            cited = self.references.get(int(found[1]), {})
            return f" {cited.get('title', '')} {cited.get('id', '')} "

        return CITATION.sub(source, text)


CITATION = re.compile(r"(?<!\\)\[\^?(\d{1,3})\](?!\()")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s")


def _parts(lines: list[str]) -> Iterator[str]:
    if not lines:
        return
    if lines[0].lstrip().startswith("|"):
        yield from _table(lines)
        return
    yield " ".join(lines)
    starts = [i for i, line in enumerate(lines) if _ITEM.match(line) and line[0] != " "]
    for start, end in pairwise([*starts, len(lines)]):
        yield " ".join(lines[start:end])


def _table(lines: list[str]) -> Iterator[str]:
    rows = [re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in lines]
    header = rows[0]
    for row in rows[1:]:
        yield " ".join(row)
        for column, cell in zip(header[1:], row[1:], strict=False):
            yield f"{column} {row[0]} {cell}"


def plain(markdown: str) -> str:
    """What a reader sees: no escapes, no emphasis."""
    return fold(re.sub(r"\\([^\w\s])", r"\1", re.sub(r"(?<!\\)[*`]+", "", markdown)))


# the judges


def recommends_what_fits(run: Run, _: Catalog, question: dict[str, Any]) -> Iterator[str]:
    recommended, acceptable = run.ids("recommended"), set(question["acceptable"])
    right = acceptable | set(question.get("either", ()))
    enough = min(ENOUGH, len(acceptable))
    if len(acceptable & set(recommended)) < enough:
        got = len(acceptable & set(recommended))
        yield f"recommends {got} of {len(acceptable)} acceptable products, fewer than {enough}"
    for each in recommended:
        if each in right:
            continue
        why = question.get("must_not", {}).get(each) or question.get("unverified", {}).get(each)
        yield f"recommends {each}, which does not fit: {why or 'not among the right products'}"
    if len(recommended) != len(set(recommended)):
        yield "recommends a product twice"


def names_what_comes_nearest(run: Run, _: Catalog, question: dict[str, Any]) -> Iterator[str]:
    for product, difference in question.get("near_misses", {}).items():
        if product not in run.ids("near_misses"):
            yield f"does not name {product} as a near miss ({difference})"
        about = [passage for passage in run.passages if product.lower() in passage]
        figures = re.findall(r"\bby \D?(\d+(?:\.\d+)?)", difference)
        for figure in figures:
            if not any(says(passage, figure) for passage in about):
                yield f"does not say beside {product} that it misses by {figure}"
        for age in re.findall(r"(\d+) years and up", difference):
            forms = (f"{age} years", f"{age}+", f"age {age}", f"aged {age}", f"from {age}")
            if not any(says(passage, form) for passage in about for form in forms):
                yield f"does not say beside {product} that it is for {age} years and up"


def says_what_it_must(run: Run, _: Catalog, question: dict[str, Any]) -> Iterator[str]:
    for wanted in question.get("must_say", ()):
        groups = _groups(wanted)
        if not any(
            all(any(says(passage, phrase) for phrase in group) for group in groups)
            for passage in run.passages
        ):
            yield f"does not say: {wanted}"


def _groups(wanted: str | dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    if isinstance(wanted, str):
        return READINGS.get(wanted, ((wanted,),))
    if "any" in wanted:
        return (tuple(wanted["any"]),)
    return tuple(tuple(group) for group in wanted["all"])


def says(passage: str, phrase: str) -> bool:
    """Whether a phrase stands in a passage; 60 stands in neither 160 nor 60.50."""
    end = r"(?!\d)(?!\.\d*[1-9])" if phrase[-1:].isdigit() else ""
    pattern = r"(?<![\w.])" + re.escape(phrase.lower().lstrip("£$€")) + end
    return re.search(pattern, passage) is not None


def quotes_owners_on_what_was_asked(
    run: Run, catalog: Catalog, question: dict[str, Any]
) -> Iterator[str]:
    words = question.get("owners_say")
    if not words:
        return
    theirs = [
        review
        for reference in run.references.values()
        for review in reviews_cited(run, catalog, reference)
        if review["product_id"] in run.ids("recommended")
    ]
    quotes = [quote for line in run.body.splitlines() for quote in _marked(line)]
    held = [quote for quote in quotes if any(word in plain(quote).lower() for word in words)]
    if not any(_said(quote, review) for quote in held for review in theirs):
        yield f"quotes no owner of a recommended product on any of: {', '.join(words)}"


def copies_titles_and_prices(run: Run, catalog: Catalog, _: dict[str, Any]) -> Iterator[str]:
    for section in ("recommended", "near_misses", "unverified"):
        for card in run.report[section]:
            yield from _card_faults(card, catalog, section)
    for product in run.ids("recommended"):
        if not any(product.lower() in passage for passage in run.passages):
            yield f"report.md cites nothing for the recommended {product}"


def _card_faults(card: dict[str, Any], catalog: Catalog, section: str) -> Iterator[str]:
    row = catalog.rows.get(card["product_id"])
    if row is None:
        yield f"{section} holds {card['product_id']}, which is not in the catalog"
        return
    if fold(card["title"]) != fold(row.title):
        yield f"{section}: title of {card['product_id']} is {row.title!r}, not {card['title']!r}"
    if "price" not in card:
        return
    price = None if card["price"] is None else Decimal(str(card["price"]))
    if price not in row.prices:
        stated = " or ".join(str(each) for each in row.prices)
        yield f"{section}: price of {card['product_id']} is {stated}, not {price}"
    if price is not None and card.get("currency") != catalog.currency:
        yield f"{section}: {card['product_id']} is priced in {catalog.currency or 'no currency'}"
    if card.get("url") and card["url"] not in texts_of(row):
        yield f"{section}: the address of {card['product_id']} is not in the catalog"


def shows_no_invented_amount(run: Run, catalog: Catalog, question: dict[str, Any]) -> Iterator[str]:
    """Amounts of money are prices of cited products, bounds of the question, or differences."""
    bounds = [Decimal(n) for n in re.findall(r"\d+(?:\.\d+)?", question["question"])]
    missed = r"price \D?([\d,]+(?:\.\d+)?), (?:over|under) by \D?([\d,]+(?:\.\d+)?)"
    for price, by in re.findall(missed, run.body):
        stated, difference = Decimal(price.replace(",", "")), Decimal(by.replace(",", ""))
        if difference not in [abs(stated - bound) for bound in bounds]:
            yield f"the price {price} does not miss a bound of the question by {by}"
    if not catalog.sign:
        if found := re.search(r"[£$€]\s?\d", run.body):
            yield f"shows a currency the catalog does not state: {found[0]}"
        return
    cited = (catalog.rows.get(reference["id"]) for reference in run.references.values())
    known = {price for row in cited if row for price in row.prices if price is not None}
    known |= set(bounds)
    allowed = known | {abs(a - b) for a in known for b in known}
    for number in re.findall(re.escape(catalog.sign) + r"\s?(\d[\d,]*(?:\.\d+)?)", run.body):
        if Decimal(number.replace(",", "")) not in allowed:
            yield f"the amount {catalog.sign}{number} is no price, bound or difference"


def cites_what_exists(run: Run, catalog: Catalog, _: dict[str, Any]) -> Iterator[str]:
    for n in sorted({int(n) for n in CITATION.findall(run.body)} - set(run.references)):
        yield f"[{n}] is not among the references"
    for failure in ("(source not observed)", "(quote not found)"):
        if failure in run.markdown:
            yield f"report.md holds {failure}"
    if len(run.references) != len(run.report["references"]):
        yield "two references have one number"
    for n, reference in run.references.items():
        yield from (f"[{n}] {fault}" for fault in _unresolved(run, catalog, reference))


def _unresolved(run: Run, catalog: Catalog, reference: dict[str, Any]) -> Iterator[str]:
    match reference["kind"]:
        case "product":
            row = catalog.rows.get(reference["id"])
            if row is None:
                yield f"cites {reference['id']}, which is not in the catalog"
            elif fold(row.title) != fold(reference["title"]):
                yield f"names {reference['id']} {reference['title']!r}, not {row.title!r}"
        case "review":
            if not reviews_cited(run, catalog, reference):
                yield f"cites the review {reference['id']}, which is not in the file"
        case _:
            # The pages indexed beside these catalogs are about privacy, none about products.
            yield f"cites the web page {reference['id']}, which has nothing to do with the question"


def reviews_cited(run: Run, catalog: Catalog, reference: dict[str, Any]) -> list[dict[str, Any]]:
    """The reviews in the file that a reference may mean: more than one where titles are alike."""
    if reference["kind"] != "review":
        return []
    product = next((each for each in catalog.reviews if each in reference["id"]), None)
    same = catalog.reviews[product] if product else _observed(run, catalog, reference["id"])
    title = fold(reference["title"] or "")
    return [review for review in same if fold(review["title"] or "") in title] or same


def _observed(run: Run, catalog: Catalog, name: str) -> list[dict[str, Any]]:
    """The reviews in the file that hold the text, or the passage, that a tool returned."""
    seen = [each["fields"] for each in run.observed if each["id"] == name and each["fields"]]
    if not seen:
        return []
    products = {each["alias"]: each["id"] for each in run.observed if each["kind"] == "product"}
    product = products.get(seen[0].get("product_id"), seen[0].get("product_id"))
    passage = max(fold(seen[0].get("text") or "").split("…"), key=len).strip()
    return [each for each in catalog.reviews.get(product, []) if passage in fold(each["text"])]


def quotes_word_for_word(run: Run, catalog: Catalog, _: dict[str, Any]) -> Iterator[str]:
    for line in run.body.splitlines():
        numbers = (int(n) for n in CITATION.findall(line))
        cited = [run.references[n] for n in numbers if n in run.references]
        theirs = [review for each in cited for review in reviews_cited(run, catalog, each)]
        for quote in _quotes(line) if theirs else ():
            if not any(_said(quote, review) for review in theirs):
                yield f"no cited review says {plain(quote)!r}"


def _marked(line: str) -> list[str]:
    return re.findall(r"“(.+?)”", line) + re.findall(r'"([^"]+)"(?=\s*\[\d)', line)


def _quotes(line: str) -> list[str]:
    quotes = _marked(line)
    if line.startswith(">") and not quotes:
        return [CITATION.sub("", line).lstrip("> ")]
    return quotes


def _said(quote: str, review: dict[str, Any]) -> bool:
    """In one piece, or in the pieces that an ellipsis leaves, in their order."""
    words, said = plain(quote), f"{fold(review['text'])}\n{fold(review['title'] or '')}"
    if words in said:
        return True
    pieces = [piece for piece in re.split(r"\s*(?:\[?…\]?|\.\.\.)\s*", words) if piece]
    return bool(pieces) and re.search(".*?".join(map(re.escape, pieces)), said) is not None


def compares_what_the_catalog_states(
    run: Run, catalog: Catalog, _: dict[str, Any]
) -> Iterator[str]:
    for comparison in run.report["comparison"]:
        for product, cell in comparison["values"].items():
            if cell is None:
                continue
            row = catalog.rows.get(cell["evidence_id"])
            if row is None or cell["evidence_id"] != product:
                yield f"{comparison['need']}: {product} is compared by {cell['evidence_id']}"
            elif not states(row, comparison["need"], cell["value"]):
                yield f"{comparison['need']}: {product} does not state {cell['value']!r}"


def states(row: Row, need: str, value: str) -> bool:
    """Whether the raw row holds a value: a flag, a number, words, or several with commas."""
    shown = fold(str(value)).lower()
    if shown in ("yes", "no"):
        return _flagged(row, need, shown == "yes")
    pieces = re.split(r",\s+|\s+>\s+", shown)
    return _held(row, shown) or (len(pieces) > 1 and all(states(row, need, p) for p in pieces))


def _held(row: Row, shown: str) -> bool:
    said = texts_of(row).lower()
    # Some files run a name and its figure together: "Number of Puzzle Pieces500".
    if says(said, shown) or (
        shown.isdigit() and says(re.sub(r"([a-z])(?=\d)", r"\1 ", said), shown)
    ):
        return True
    number = re.match(r"\D{0,4}?(-?\d[\d,]*(?:\.\d+)?)", shown)
    if not number:
        return shown == "in stock" and _number(row.fields.get("number_available_in_stock")) > 0
    amount = Decimal(number[1].replace(",", ""))
    if amount in row.prices or amount in _numbers(row).values():
        return True
    # The lower end of a range in words: "36 months - 8 years", and "6 - 3 years" as files have it.
    unit = shown[number.end() :].strip()
    lower = rf"(?<![\w.]){re.escape(number[1])}\s*(?:-\s*\d+)?\s*{re.escape(unit)}\b"
    return bool(unit) and re.search(lower, texts_of(row).lower()) is not None


def _flagged(row: Row, need: str, wanted: bool) -> bool:
    """By the column that is the need, else by what shares most words with it."""
    words = {word[:5] for word in re.findall(r"[a-z]{3,}", need.lower())}
    if "stock" in words and "number_available_in_stock" in row.fields:
        stock = row.fields["number_available_in_stock"]
        return bool(stock) and wanted == (_number(stock) > 0)
    flags = {**_numbers(row), **{n: v for n, v in row.fields.items() if isinstance(v, bool)}}
    named = {name: {word[:5] for word in name.split("_")[2:]} for name in flags}
    if same := {bool(flags[name]) for name in flags if named[name] == words}:
        return wanted in same
    most = max((len(words & each) for each in named.values()), default=0)
    nearest = {bool(flags[name]) for name in flags if most and len(words & named[name]) == most}
    said = texts_of(row).lower()
    return wanted in nearest or (wanted and all(word in said for word in words))


def _numbers(row: Row) -> dict[str, Decimal]:
    """The numbers of a row; its price is in cents there, which no reader is shown."""
    return {
        name: Decimal(str(value))
        for name, value in row.fields.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name != "price"
    }


def _number(text: Any) -> Decimal:
    found = re.match(r"\d+", str(text or ""))
    return Decimal(found[0]) if found else Decimal(0)
