"""Words that compare: what they measure, and which way."""

import re
from dataclasses import dataclass

from client.grounding.facts import stem

PRICE, RATING, COUNT = "price", "rating", "count"

LESS = (
    r"cheaper|less|lighter|shorter|under|below|lower|fewer|smaller|quieter|narrower|thinner"
    r"|slimmer|short of|short\b|faster|sooner|quicker|before|earlier|off|worse|dimmer|behind|saved"
    r"|shallower|cooler"
)
MORE = (
    r"more|dearer|pricier|heavier|longer|over|above|higher|larger|bigger|taller|wider|thicker"
    r"|louder|extra|better|further|brighter|deeper|beyond|on top|later|ahead|greater|stronger"
    r"|slower"
)


@dataclass(frozen=True)
class Adjective:
    pattern: re.Pattern[str]
    words: frozenset[str]
    sign: int


def _adjective(forms: str, words: str, sign: int) -> Adjective:
    return Adjective(
        re.compile(rf"\b(?:{forms})\b", re.IGNORECASE),
        frozenset(w if w in (PRICE, RATING, COUNT) else stem(w) for w in words.split()),
        sign,
    )


COMPARATIVES = (
    _adjective(r"better[- ]rated|rated (?:better|higher)|(?:higher|better) rat(?:ed|ing)"
               r"|higher[- ]rated"
               r"|scores? (?:higher|better)|better liked", RATING, 1),
    _adjective(r"worse[- ]rated|rated (?:worse|lower)|(?:lower|worse) rat(?:ed|ing)|lower[- ]rated"
               r"|scores? (?:lower|worse)", RATING, -1),
    _adjective(r"cheaper|less expensive|costs? less|lower[- ]priced|lower price"
               r"|less costly", PRICE, -1),
    _adjective(r"dearer|pricier|more expensive|costs? more|higher price|costlier", PRICE, 1),
    _adjective(r"more (?:\w+ )?(?:reviews|ratings|owners|opinions)|more often reviewed", COUNT, 1),
    _adjective(r"fewer (?:\w+ )?(?:reviews|ratings|owners|opinions)", COUNT, -1),
    _adjective(r"lighter|weighs? less", "weight", -1),
    _adjective(r"heavier|weighs? more", "weight", 1),
    _adjective(r"quieter|less noisy|less loud|makes? less noise", "noise", -1),
    _adjective(r"louder|noisier|more noisy", "noise", 1),
    _adjective(r"(?:lasts?|runs?|plays?|burns?|keeps? going|goes on|shines?|endures?) longer"
               r"|longer[- ]lasting", "life burn", 1),
    _adjective(r"(?:lasts?|runs?|plays?|burns?) (?:shorter|less)", "life burn", -1),
    _adjective(r"(?:re)?charges? (?:faster|quicker|more quickly)|(?:faster|quicker) to charge"
               r"|faster charging", "charging", -1),
    _adjective(r"charges? (?:slower|more slowly)|(?:longer"
               r"|slower) to (?:re)?charge", "charging", 1),
    _adjective(r"(?:heats?(?: up)?|ready|warms?(?: up)?) (?:faster|quicker|sooner|more quickly)"
               r"|(?:faster|quicker) (?:to heat|heating)", "heating", -1),
    _adjective(r"(?:longer|slower) to (?:heat|get ready|warm)", "heating", 1),
    _adjective(r"outlasts?", "life burn", 1), _adjective(r"undercuts?", PRICE, -1),
    _adjective(r"outweighs?", "weight", 1),
    _adjective(r"wider", "width", 1), _adjective(r"narrower", "width", -1),
    _adjective(r"taller", "height", 1), _adjective(r"lower", "height", -1),
    _adjective(r"thicker", "thickness", 1), _adjective(r"thinner|slimmer", "thickness", -1),
    _adjective(r"deeper", "depth", 1), _adjective(r"shallower", "depth", -1),
    _adjective(r"brighter", "brightness illuminance flux", 1),
    _adjective(r"dimmer|less bright", "brightness illuminance flux", -1),
    _adjective(r"sharper|more pixels", "resolution", 1),
    _adjective(r"more powerful|stronger", "power pressure", 1),
    _adjective(r"less powerful|weaker", "power pressure", -1),
    _adjective(r"better sealed|better protected", "protection resistance", 1),
    _adjective(r"larger|bigger|roomier|greater|higher|longer|more|faster|quicker", "", 1),
    _adjective(r"smaller|lower|shorter|less|fewer|slower", "", -1),
)  # fmt: skip
SUPERLATIVES = (
    _adjective(r"(?:best|highest|top)[- ]rated|(?:best|highest|top) (?:rating|score|marks)"
               r"|rated (?:best|highest)|best liked", RATING, 1),
    _adjective(r"(?:worst|lowest)[- ]rated|(?:worst|lowest) (?:rating|score)|rated (?:worst"
               r"|lowest)",
               RATING, -1),
    _adjective(r"cheapest|least expensive|lowest[- ]priced|lowest price|most affordable"
               r"|costs? (?:the )?least|least costly", PRICE, -1),
    _adjective(r"dearest|priciest|most expensive|highest price|costs? (?:the )?most|costliest",
               PRICE, 1),
    _adjective(r"(?:most|more often|most often|most widely) (?:reviewed|rated)"
               r"|most (?:\w+ )?(?:reviews|ratings|opinions)", COUNT, 1),
    _adjective(r"(?:least) reviewed|fewest (?:\w+ )?(?:reviews|ratings|opinions)", COUNT, -1),
    _adjective(r"lightest|weighs? (?:the )?least", "weight", -1),
    _adjective(r"heaviest|weighs? (?:the )?most", "weight", 1),
    _adjective(r"quietest|least noisy", "noise", -1), _adjective(r"loudest|noisiest", "noise", 1),
    _adjective(r"(?:lasts?|runs?|plays?|burns?) (?:the )?longest|longest[- ]lasting"
               r"|most enduring", "life burn", 1),
    _adjective(r"(?:lasts?|runs?|plays?|burns?) (?:the )?shortest", "life burn", -1),
    _adjective(r"charges? (?:the )?fastest|(?:fastest|quickest) (?:to charge"
               r"|charging)", "charging", -1),
    _adjective(r"(?:heats?(?: up)?|ready|warms? up) (?:the )?(?:fastest|quickest|soonest|first)"
               r"|(?:fastest|quickest) to (?:heat|be ready)", "heating", -1),
    _adjective(r"widest", "width", 1), _adjective(r"narrowest", "width", -1),
    _adjective(r"tallest", "height", 1), _adjective(r"thickest", "thickness", 1),
    _adjective(r"thinnest|slimmest", "thickness", -1), _adjective(r"deepest", "depth", 1),
    _adjective(r"brightest", "brightness illuminance flux", 1),
    _adjective(r"dimmest", "brightness illuminance flux", -1),
    _adjective(r"sharpest|most pixels", "resolution", 1),
    _adjective(r"most powerful|strongest", "power pressure", 1),
    _adjective(r"least powerful|weakest", "power pressure", -1),
    _adjective(r"best (?:sealed|protected)", "protection resistance", 1),
    _adjective(r"largest|biggest|greatest|highest|longest|most|fastest|quickest", "", 1),
    _adjective(r"smallest|lowest|shortest|least|fewest|slowest", "", -1),
)  # fmt: skip
