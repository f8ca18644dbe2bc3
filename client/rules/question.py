"""Reads a shopper's question into a plan: what is looked for, and the needs, hard and soft.

Grammar only: which words name a filter of the catalog is learned from the first search.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from client.rules.wishes import wish_for, wordings
from client.trajectory import Constraint, Need

_NUMBER = r"\d+(?:[.,]\d{3})*(?:[.,]\d{1,2})?(?!\d)"
_SIGN = r"(?:[£€$]|(?:EUR|USD|GBP|CHF)\s)"
_CURRENCY = r"(?:€|£|\$|euros?|pounds?|dollars?|EUR|USD|GBP|CHF|bucks|quid)"
_PRICE = rf"{_SIGN}?\s?(?P<%s>{_NUMBER})(?:\s?{_CURRENCY}(?!\w))?"
# A bare number with a noun behind it ("2 kg", "16 GB") bounds an attribute, not the price.
_NOUN = re.compile(
    r"[.,]?\d|\s*[-/x×]?\s*(?!(?:with|and|that|for|in(?= \w)|on|or|if|but|which|to|please"
    r"|total|max|rated|maximum|at|from|by|incl\w*|including|is|would|as|budget|each|tops|rating|not|without|made"
    r"|having|available|now|new|who|delivered)\b)[a-zA-Z%\"°]"
)
_CURRENT = re.compile(rf"[£€$]|{_CURRENCY}(?!\w)", re.IGNORECASE)
_UPPER = (
    r"(?:costing |priced |that costs? )?(?:under|below|less than|at most|up to|no more than"
    r"|not more than|maximum(?: of)?|max\.?|cheaper than|within|not over|lower than|<=?)"
)
_LOWER = (
    r"(?:costing |priced |that costs? )?(?:over|above|more than|at least|no less than"
    r"|not under|minimum(?: of)?|min\.?|starting (?:at|from)|>=?)"
)
_RATED = r"(?P<low>[0-5](?:[.,]\d)?)"
_STARS = r"(?:-| )?stars?"
_OR_BETTER = r"(?:or|and) (?:better|more|higher|above|up)"

_BUDGETS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (op, re.compile(pattern, re.IGNORECASE))
    for op, pattern in (
        ("between", rf"\b(?:between|from) {_PRICE % 'low'} (?:and|to) {_PRICE % 'high'}"),
        ("at most", rf"(?<!\w){_UPPER} {_PRICE % 'high'}"),
        (
            "at most",
            r"\b(?:with |on |for |in )?(?:an? |my )?budget(?: is|:| of)? "
            rf"{_PRICE % 'high'}",
        ),
        ("at most", rf"\bfor {_SIGN}{_PRICE % 'high'}(?: or less)?"),
        ("at most", rf"(?<!\w){_PRICE % 'high'} or (?:less|cheaper)\b"),
        ("at least", rf"(?<!\w){_LOWER} {_PRICE % 'low'}"),
    )
)
_RATINGS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:and |with )?(?:rated|rating(?: of)?|an? (?:average )?rating(?: of)?) (?:{_LOWER} )?"
        rf"{_RATED}(?:{_STARS})?(?:\+| {_OR_BETTER})?",
        rf"(?:\b(?:and |with ))?(?:{_LOWER} ){_RATED}{_STARS}(?: rating)?",
        rf"(?:\b(?:and |with ))?{_RATED}(?:\+{_STARS}|{_STARS} {_OR_BETTER})",
    )
)
_STOCK = re.compile(
    r"\b(?:and |that (?:is|are) |which (?:is|are) )?(?:currently )?"
    r"(?:in stock|available (?:right )?now)\b",
    re.IGNORECASE,
)
_EXCLUDED = re.compile(
    r"(?:,? ?\b(?:but )?(?:not|no|nothing|anything but|other than|except(?: for)?|excluding))"
    r"(?: (?:from|by|made by))? (?P<brand>[A-Z][\w&.-]*(?: [A-Z][\w&.-]*)?)\b"
)
_SPELLED_OUT: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*(?:>=|=>|≥)\s*(?=\d)"), " at least "),
    (re.compile(r"\s*(?:<=|=<|≤)\s*(?=\d)"), " at most "),
    (re.compile(r"\s*>\s*(?=\d)"), " over "),
    (re.compile(r"\s*<\s*(?=\d)"), " under "),
    (re.compile(r"(?<=\d) ?in(?= *(?:$|[,;.?!)]|(?:with|and|or|under|for|that) ))"), " inch"),
    (re.compile(r"\bpages (?:per|a) min(?:ute)?\b|\bpages/min\b", re.IGNORECASE), "ppm"),
    (re.compile(r"(?<=\d)[- ]?(?:yrs?|y/o|yo)\b(?=[- ]?old)", re.IGNORECASE), " year"),
    (re.compile(r"(?<=\d)[- ]?(?:y/o|yo)\b", re.IGNORECASE), " year old"),
)
_AGE = re.compile(
    r"\b(?:for|suitable for|aged?)\s+(?:(?:an?|my|our|the)\s+)?(?:\w+\s+)?(?:(?:of|aged?)\s+)?"
    r"(?:\d{1,2}(?:-| to | and ))?\d{1,2}[- ](?:years?|months?)[- ]?olds?"
    r"(?: (?:boys?|girls?|child(?:ren)?|kids?|son|daughter|toddlers?))?\b"
    r"|\bfor ages? \d{1,2}\b",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:(?:please|hi|hello|hey|so|ok|well)\b[,!. ]*)*"
    r"(?:(?:i|we)(?:'m| am|'re| are|'d| would)?(?: really)? "
    r"(?:need|want|like|looking|searching|after|search|trying)"
    r"(?: to (?:buy|get|find|have))?(?: for)?\s+"
    r"|(?:can|could) you (?:find|recommend|suggest)(?: me)?\s+"
    r"|(?:find|recommend|suggest|show|get|give)(?: me| us)?\s+"
    r"|which (?:one )?(?:is|are) (?:the )?(?:better|best)[,:]?\s+"
    r"|(?:what|which)(?:'s| is| are)?\s+|is there\s+|are there\s+|do you have\s+|looking for\s+)?"
    r"(?:(?:an?|any|some|the|my|your)\s+)?",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"\s*(?:,(?! ?\d+(?:,| or) )|[;:?!]|\.(?=\s|$)|\s-\s)\s*"
    r"|\s+\b(?=(?:with|without|that|which|for|plus|but|made by|made of|made from|from|by"
    r"|compatible with|who|whose|in|on|and|or|having|has|have|supports|featuring|including)\b"
    r"|(?<! of )(?:at least|at most|up to|under|over|(?:no )?(?:more|less) than|below|above) \d)",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"^(?P<word>with|without|that(?:'s)?|which|for|plus|but|made by|made of|made from|from|by"
    r"|compatible with|who|whose|in|on|and|or|having|featuring|including)\b\s*",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"^(?:is|are|has|have|can|could|does|do|should(?: be| have)?|must(?: be| have)?|comes? with"
    r"|supports?|includes?|works? with|i can|will|would|holds?|offers?|costs?|takes?|measures?"
    r"|weighs?|lasts?|runs? for|covers?|covering|weighing|measuring|holding|costing)\s+(?:be\s+)?",
    re.IGNORECASE,
)
_QUALITY = re.compile(
    r"(?:an? |the )?(?:very |really )?(?:good|great|excellent|nice|clear|stable|strong|smooth|sharp"
    r"|decent|reliable|comfortable|comfy|easy|pleasant|even|fine|high|low) ",
    re.IGNORECASE,
)
_FEATURE_VERB = re.compile(r"(?:has|have|supports?|includes?|comes? with|with|can|works? with)\b")
_KEPT_LINKS = frozenset(
    ("without", "for", "from", "by", "made by", "made of", "made from", "compatible with", "in")
)
# In front of a noun these name kinds of things ("night light", "solid wood") as often as wishes.
_AMBIGUOUS = frozenset(
    "light fast quick solid strong simple soft safe quality portable compact small slim bright"
    " sharp".split()
)
_ARTICLE = re.compile(r"^(?:an?|the|some|any|my|our)\s+", re.IGNORECASE)
_FILLER = frozenset(
    "please thanks thank you good best great nice decent cheap top really very quite and or me buy "
    "one should i get a an the is are to do have of there any some we need want available".split()
)


@dataclass
class _Reader:
    rest: str
    needs: list[Need] = field(default_factory=list[Need])

    def take(self, found: re.Match[str], hard: bool, constraint: Constraint | None = None) -> None:
        self.needs.append(_need(len(self.needs), found[0].strip(" ,"), hard, constraint))
        self.rest = f"{self.rest[: found.start()]} , {self.rest[found.end() :]}"


@dataclass(frozen=True)
class Reading:
    looking_for: str
    """"A3 colour laser printer"; empty where the question names nothing."""
    needs: tuple[Need, ...]


def read_question(question: str) -> Reading:
    for written, said in _SPELLED_OUT:
        question = written.sub(said, question)
    reader = _Reader(" ".join(question.split()).rstrip("?!. "))
    _take_rating(reader)
    _take_budget(reader)
    _take_first(reader, _STOCK, Constraint(field="in_stock", op="is", value=True))
    _take_excluded(reader)
    if found := _AGE.search(reader.rest):
        reader.take(found, hard=True)
    head, *clauses = _clauses(_OPENING.sub("", reader.rest.strip(" ,"), count=1)) or [("", "")]
    looking_for, wishes = _head(head[1])
    while clauses and clauses[0][0] == "or":  # "X or Y": either will do
        looking_for = f"{looking_for} or {clauses.pop(0)[1]}"
    if not looking_for and clauses:
        looking_for, more = _head(clauses.pop(0)[1])
        wishes += more
    spoken = [*((w, False) for w in wishes), *_spoken(clauses)]
    for text, hard in spoken:
        reader.needs.append(_need(len(reader.needs), text, hard))
    return Reading(looking_for, tuple(reader.needs))


def number(text: str) -> float:
    """Of a matched amount: "1,500", "1.500", "12.99" or "12,99"."""
    whole = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", text)
    return float(whole.replace(",", "."))


def _need(count: int, text: str, hard: bool, constraint: Constraint | None = None) -> Need:
    return Need(id=f"n{count + 1}", text=text, hard=hard, constraint=constraint)


def _take_budget(reader: _Reader) -> None:
    for op, pattern in _BUDGETS:
        found = next(filter(_is_money, pattern.finditer(reader.rest)), None)
        if found and op == "between":
            pair = (number(found["low"]), number(found["high"]))
            reader.take(found, True, Constraint(field="price", op="between", value=pair))
            return
        if found and op == "at most":
            value = number(found["high"])
            reader.take(found, True, Constraint(field="price", op="at most", value=value))
        elif found:
            value = number(found["low"])
            reader.take(found, True, Constraint(field="price", op="at least", value=value))


def _is_money(found: re.Match[str]) -> bool:
    return bool(_CURRENT.search(found[0])) or not _NOUN.match(found.string, found.end())


def _take_rating(reader: _Reader) -> None:
    for pattern in _RATINGS:
        if found := pattern.search(reader.rest):
            value = float(found["low"].replace(",", "."))
            reader.take(found, True, Constraint(field="rating", op="at least", value=value))
            return


def _take_first(reader: _Reader, pattern: re.Pattern[str], constraint: Constraint) -> None:
    if found := pattern.search(reader.rest):
        reader.take(found, True, constraint)


def _take_excluded(reader: _Reader) -> None:
    while found := _EXCLUDED.search(reader.rest):
        reader.take(found, True, Constraint(field="brand", op="is not", value=found["brand"]))


def _clauses(text: str) -> list[tuple[str, str]]:
    """(linking word, words) of each clause."""
    found: list[tuple[str, str]] = []
    for piece in _CLAUSE.split(text):
        piece = piece.strip(" ,")
        link = _LINK.match(piece)
        words = piece[link.end() :] if link else piece
        if words.strip():
            found.append((link["word"].lower() if link else "", words.strip()))
    return list(_with_alternatives(found))


def _with_alternatives(clauses: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """ "with 16", "or 32 GB" is one need that either meets; "or more" only bounds it."""
    for at, (link, words) in enumerate(clauses):
        if link == "or" and at > 1:
            continue
        others = takewhile(lambda clause: clause[0] == "or", clauses[at + 1 :] if at else ())
        yield link, " or ".join((words, *(other for _, other in others)))


def _head(text: str) -> tuple[str, list[str]]:
    """What is looked for without its wishes ("quiet"), and those."""
    wishes: list[str] = []
    for wording in wordings():
        if " " in wording and re.search(rf"\b{wording}\b", text, re.IGNORECASE):
            wishes.append(wording)
            text = re.sub(rf"\b{wording}\b", " ", text, flags=re.IGNORECASE)
    words = _ARTICLE.sub("", text).split()
    kept: list[str] = []
    for word in words:
        plain = word.lower().strip(",.")
        if plain in set(wordings()) - _AMBIGUOUS and word != words[-1]:
            wishes.append(plain)
        elif plain not in _FILLER:
            kept.append(word)
    return " ".join(kept), wishes


def _spoken(clauses: list[tuple[str, str]]) -> Iterator[tuple[str, bool]]:
    """(need in the question's words, hard) of each clause behind the head."""
    link = ""
    for word, words in clauses:
        link = word if word not in ("and", "or", "", "plus", "but") else link
        verb = _VERB.match(words)
        text = _ARTICLE.sub("", words[verb.end() :] if verb else words).strip()
        text = re.sub(r"^of ", "", text)
        if (
            not text
            or _VERB.fullmatch(f"{text} ")
            or all(w.lower() in _FILLER for w in text.split())
        ):
            continue
        yield _phrased(link, text), _is_hard(link, text, verb[0] if verb else "")


def _phrased(link: str, text: str) -> str:
    return (
        f"{link} {text}"
        if link in ("without", "for", "from", "by", "made by", "compatible with", "in")
        else text
    )


def _is_hard(link: str, text: str, verb: str) -> bool:
    """A feature asked for is hard; a quality or a use is a wish."""
    if link in ("who", "whose"):
        return False
    if link in ("made of", "made from", "from", "by", "made by"):
        return True
    if (wish_for(text) or _QUALITY.match(f"{text} ")) and not re.search(r"\d", text):
        return False
    if link == "for":
        return bool(re.search(r"\d|\b[A-Z]", text))
    if link in ("that", "that's", "which") and not _FEATURE_VERB.match(verb.lower()):
        return bool(re.search(r"\d", text))
    return True
