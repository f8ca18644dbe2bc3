"""What a title says about the kind of thing: the phrases that may name it.

Two habits of shops are read. Data vendors write the type in small letters after brand and model
("HP iPAQ 214 handheld mobile computer 10.2 cm"); others end the first phrase with it ("Hornby
Santa's Express Train Set"). What follows "for", "with" or a comma only describes it.
"""

import re
from collections.abc import Iterator, Sequence

from servers.language.words import analyze

_CUT = frozenset(
    "for with w/ w/o without compatible by from in on of at includes including featuring "
    "que für mit pour avec & and or over per up as fits suitable designed made inspired".split()
)
_UNIT = frozenset(
    "cm mm m km ft in inch inches g kg x pixels ppm gen sheets pages pcs ml l cl w v a mah gb mb "
    "tb hz mhz ghz ohm lumens cps dpi rpm nm oz lb lbs pack pieces piece pc years year months "
    "sheet page way port ports pin core cores th rd nd st th. row mp channels series off buttons "
    "litre litres business day days gang gauge players".split()
)
_LOWER = re.compile(r"[a-zà-ÿ][a-zà-ÿ'’]*(?:[/&-][a-zà-ÿ]+)*")
_BREAK = re.compile(r"\s[-–—|•~:]+\s|[,;:(\[|/]\s|,(?=\D)|[(\[]|\s/\s|\s[-–—|]|\.\s")
_MEASURE = re.compile(r"[\d.,x/]+(?:[\"″]|mm|cm|m|ft|in|inch|kg|g|GB|TB|W|V|mAh)")
JOINING = frozenset("cable cord lead adapter adaptor converter".split())
"""What joins two things is of another kind for other ends: an HDMI cable, a VGA adapter."""
_END = re.compile(r"[A-Z]{2,}(?:-[A-Z])?")
_SIZE = re.compile(r"a\d|\d[\dx.,]*")
_NUMBERED = re.compile(r".*\d")
Phrase = tuple[str, ...]


def without_brand(title: str, brand: str | None) -> str:
    if brand and title[: len(brand)].casefold() == brand.casefold():
        return title[len(brand) :].strip(" -,:")
    return title


def small_letter_runs(title: str) -> tuple[list[Phrase], list[Phrase]]:
    """Runs of words in small letters, without what follows a preposition: those that may name
    the thing, and those behind a measure ("19x27 mm white paper matt"), which describe it."""
    naming: list[Phrase] = []
    describing: list[Phrase] = []
    run: list[str] = []
    after_number = cut = measured = False
    before = ("", "")

    def close() -> None:
        if run:
            (describing if measured else naming).append(tuple(analyze(" ".join(run))))
            run.clear()

    for token in title.split():
        word = token.strip("()[],;:.!\"'®™")
        if word in _CUT or word == "to":
            close()
            cut = True
        elif after_number and word.casefold() in _UNIT:
            close()
            measured = True
        elif _LOWER.fullmatch(word):
            if not cut:
                run += _ends(before, word) if not run else ()
                run.append(word)
        else:
            close()
            cut = False
            measured = bool(_MEASURE.fullmatch(word))
        if token[-1:] in ",;:.)":
            close()
            cut = False
        after_number = bool(_NUMBERED.match(word))
        before = (before[1], word)
    close()
    return naming, describing


def _ends(before: tuple[str, str], word: str) -> list[str]:
    """ "HDMI" in front of "cable", but not "DVI" of "HDMI to DVI cable"."""
    named = before[0] != "to" and word.removesuffix("s") in JOINING and _END.fullmatch(before[1])
    return [before[1]] if named else []


def first_phrases(title: str) -> list[Phrase]:
    """The first noun phrases, each without the measures at its end."""
    found = [_without_measures(analyze(chunk)) for chunk in _chunks(title)]
    return [phrase for phrase in found if phrase][:3]


def before_measures(phrase: Phrase) -> Phrase:
    """("label",) of ("label", "a4", "96x139", "mm", "white", "paper")."""
    start = next((at for at, word in enumerate(phrase) if word.isalpha()), 0)
    measure = next((at for at in range(start, len(phrase)) if _SIZE.fullmatch(phrase[at])), 0)
    return _without_measures(phrase[:measure])


def _without_measures(words: Sequence[str]) -> Phrase:
    end = len(words)
    while end and is_measure(words[end - 1]):
        end -= 1
    return tuple(words[:end])


def _chunks(title: str) -> Iterator[str]:
    for part in _BREAK.split(title):
        chunk: list[str] = []
        for token in part.split():
            if token.casefold() in _CUT and chunk:
                break
            chunk.append(token)
        yield " ".join(chunk)


def is_measure(word: str) -> bool:
    return word in _UNIT or not word.isalpha()


def endings(words: Phrase, longest: int = 4) -> list[Phrase]:
    """The last words, longest first: ("electric", "train", "set"), ("train", "set"), ("set",)."""
    return [words[-size:] for size in range(min(longest, len(words)), 0, -1)]
