"""A catalog of any size, product by product, the same from the same seed.

Sizes matter here, not sense: words follow Zipf's law over a vocabulary that grows with the
catalog, numbers have units, and titles differ. For a shop that makes sense see `servers.demo`.
"""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from servers.records import Product, Quantity, Values

_SEED = 20_261
_BRANDS = 800
_WORDS = 60_000
_SYLLABLES = (
    "ba bel cor da den dor el fa fin gar hal in jo ka kel lo lum mar mi nor o pa per".split()
)
_ENDINGS = "n r x ta ra vo lin mon tek sis ".split(" ")

_THINGS: Mapping[str, Sequence[str]] = {
    "Computers": ("notebook", "desktop computer", "tablet", "docking station", "server"),
    "Displays": ("monitor", "projector", "television", "projection screen", "monitor arm"),
    "Printing": ("laser printer", "inkjet printer", "label printer", "toner cartridge", "scanner"),
    "Audio": ("headphones", "bluetooth speaker", "microphone", "soundbar", "turntable"),
    "Storage": ("external hard drive", "solid state drive", "memory card", "usb stick", "tape"),
    "Input": ("keyboard", "wireless mouse", "graphics tablet", "gamepad", "barcode reader"),
    "Network": ("router", "network switch", "access point", "network cable", "media converter"),
    "Kitchen": ("kettle", "coffee machine", "toaster", "stand mixer", "induction hob"),
    "Laundry": ("washing machine", "tumble dryer", "steam iron", "ironing board", "drying rack"),
    "Garden": ("lawn mower", "hedge trimmer", "garden hose", "pressure washer", "leaf blower"),
    "Outdoor": ("tent", "sleeping bag", "backpack", "camping stove", "head torch"),
    "Tools": ("cordless drill", "circular saw", "socket set", "work light", "laser level"),
}
_COLOURS = "black white silver red blue green grey yellow orange purple brown beige".split()
_MATERIALS = "aluminium steel plastic wood glass rubber carbon leather cotton nylon".split()
_QUALITIES = "compact quiet durable portable foldable wireless waterproof professional slim".split()
_KINDS = [(section, kind) for section, kinds in _THINGS.items() for kind in kinds]


def products(count: int) -> Iterator[Product]:
    """`count` products, one at a time."""
    draw = random.Random(_SEED)
    brands = [word.capitalize() for word in _words(draw, _BRANDS)]
    vocabulary = _words(draw, _WORDS)
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(vocabulary) + 1)))
    for number in range(count):
        section, kind = draw.choice(_KINDS)
        said = draw.choices(vocabulary, cum_weights=weights, k=draw.randint(15, 60))
        yield _product(draw, number, section, kind, draw.choice(brands), said)


def queries(count: int) -> list[str]:
    """What a shopper may type into such a catalog, from one word to five."""
    draw = random.Random(_SEED + 1)
    asked: list[str] = []
    for _ in range(count):
        _, kind = draw.choice(_KINDS)
        before = draw.choice(["", draw.choice(_COLOURS), draw.choice(_QUALITIES)])
        after = draw.choice(["", "", draw.choice(_MATERIALS), f"{draw.randint(2, 60)} cm"])
        asked.append(" ".join(part for part in (before, kind, after) if part))
    return asked


def _words(draw: random.Random, count: int) -> list[str]:
    made: dict[str, None] = {}
    while len(made) < count:
        syllables = draw.choices(_SYLLABLES, k=draw.randint(2, 4))
        made["".join(syllables) + draw.choice(_ENDINGS)] = None
    return list(made)


def _product(
    draw: random.Random, number: int, section: str, kind: str, brand: str, said: list[str]
) -> Product:
    colour, quality = draw.choice(_COLOURS), draw.choice(_QUALITIES)
    model = f"{brand[:2].upper()}{draw.randint(10, 9999)}{draw.choice('ABCDEX')}"
    attributes = _attributes(draw, kind, colour, model)
    return Product(
        id=f"g{number}",
        title=f"{brand} {model} {quality} {kind} {colour}",
        brand=brand,
        category=(section, kind.capitalize()),
        description=f"This {quality} {kind} in {colour} is {' '.join(said)}.",
        price=Decimal(draw.randint(500, 200_000)) / 100,
        currency="EUR",
        rating=round(draw.triangular(1, 5, 4.2), 1) if draw.random() < 0.8 else None,
        review_count=int(draw.paretovariate(0.8)) - 1,
        in_stock=draw.random() < 0.9,
        attributes=attributes,
    )


def _attributes(draw: random.Random, kind: str, colour: str, model: str) -> dict[str, Values]:
    sides = {
        side: (Quantity(value=float(draw.randint(2, 200)), unit="cm"),)
        for side in ("width", "height", "depth")
    }
    stated: dict[str, Values] = {
        "colour": (colour,),
        "material": tuple(draw.sample(_MATERIALS, k=draw.randint(1, 2))),
        "model": (model,),
        **sides,
        "weight": (Quantity(value=draw.randint(1, 400) / 10, unit="kg"),),
        "warranty": (Quantity(value=float(draw.choice([1, 2, 3, 5])), unit="years"),),
        f"{kind} power": (Quantity(value=float(draw.randint(5, 2500)), unit="W"),),
        f"{kind} class": (draw.choice("ABCDEFG"),),
        "cable included": (draw.random() < 0.5,),
    }
    return {name: value for name, value in stated.items() if draw.random() < 0.85}
