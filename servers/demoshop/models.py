"""The models behind the demo shop's products: hidden specs, strengths and faults."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from random import Random

from servers.demoshop.words import Aspect, Category, Defect, Raw, Spec, pick

AS_OF = date(2026, 11, 1)
"""The day on which the demo shop stands still."""

OLDEST_MODEL = timedelta(days=6 * 365)
SIBLING_SHARE = 0.24


@dataclass(frozen=True)
class Brand:
    name: str
    level: float
    """0 a budget brand, 1 an expensive one."""
    premium: float
    """Factor on the price that no spec explains."""
    care: float
    """How completely it states its products' attributes, 0 to 1."""
    dialect: float
    """Picks among the names that an attribute goes by, and among its units."""
    lines: tuple[tuple[str, float], ...]
    """Its series with the level of each."""


@dataclass(frozen=True)
class Model:
    category: Category
    brand: Brand
    name: str
    tier: float
    size: float
    specs: dict[str, Raw]
    positions: dict[str, float]
    """Where each value stands between the category's plainest (0) and best (1)."""
    qualities: dict[str, float]
    """Hidden: how good each aspect is for its owners, -2 to 2."""
    defect: Defect | None
    price: float
    released: date
    text_seed: str
    """Siblings share it, so that they read alike but for the spec that differs."""
    sibling_of: str | None = None
    differs: str | None = None
    kin: bool = False

    @cached_property
    def aspects(self) -> tuple[Aspect, ...]:
        return tuple(aspect for aspect in self.category.aspect if aspect.name in self.qualities)


def between(rng: Random, low: float, high: float) -> float:
    return low + (high - low) * rng.random()


def skewed(rng: Random, times: int) -> float:
    """Between 0 and 1, the more often near 0 the greater `times` is.

    Multiplied out: `**` asks the machine's own mathematics library, which may round otherwise.
    """
    once = rng.random()
    value = once
    for _ in range(times - 1):
        value *= once
    return value


def make_models(rng: Random, category: Category) -> tuple[Model, ...]:
    brands = _brands(rng, category)
    names: set[str] = set()  # only asked, never walked through
    models: list[Model] = []
    while len(models) < category.models:
        model = _model(rng, category, pick(rng, brands), names)
        models.append(model)
        if rng.random() < SIBLING_SHARE and (sibling := _sibling(rng, model, names)):
            models.append(sibling)
    return tuple(models)


def _brands(rng: Random, category: Category) -> tuple[Brand, ...]:
    series = list(category.series)
    rng.shuffle(series)
    brands: list[Brand] = []
    for number, name in enumerate(category.brands):
        level = (number + between(rng, 0.1, 0.9)) / len(category.brands)
        own = series[number :: len(category.brands)]
        lines = tuple((line, between(rng, -0.2, 0.2)) for line in own)
        premium = between(rng, 0.86, 1.0) + 0.28 * level * rng.random()
        brands.append(Brand(name, level, premium, rng.random(), rng.random(), lines))
    return tuple(brands)


def _model(rng: Random, category: Category, brand: Brand, names: set[str]) -> Model:
    line, shift = pick(rng, brand.lines)
    tier = min(max(brand.level + shift + between(rng, -0.2, 0.2), 0.0), 0.999)
    size = rng.random()
    specs: dict[str, Raw] = {}
    positions: dict[str, float] = {}
    for spec in category.spec:
        if drawn := _draw(rng, spec, tier, size, specs):
            specs[spec.name], positions[spec.name] = drawn
    name = _new_name(rng, category, line, tier, f"{brand.name} ", names)
    qualities = _qualities(rng, category, tier, specs, positions)
    return Model(
        category=category,
        brand=brand,
        name=name,
        tier=tier,
        size=size,
        specs=specs,
        positions=positions,
        qualities=qualities,
        defect=_defect(rng, category, specs),
        price=_price(category, brand, positions) * between(rng, 0.93, 1.07),
        released=AS_OF - timedelta(days=int(rng.random() * rng.random() * OLDEST_MODEL.days) + 45),
        text_seed=f"{category.code}:{brand.name}:{name}",
    )


def _new_name(
    rng: Random, category: Category, line: str, tier: float, brand: str, names: set[str]
) -> str:
    while True:
        if category.subtitles:
            name = f"{line}: {pick(rng, category.subtitles)}"
        else:
            name = _numbered(rng, line, tier)
        if brand + name not in names:
            names.add(brand + name)
            return name


def _numbered(rng: Random, line: str, tier: float) -> str:
    number = (1 + int(tier * 8)) * 100 + int(rng.random() * 10) * 10
    style = pick(rng, ("{line} {n}", "{line} {n}", "{line} {letter}{short}", "{line}-{short}"))
    letter = pick(rng, tuple("ACDEKMRTVX"))
    return style.format(line=line, n=number, short=number // 10, letter=letter)


def _draw(
    rng: Random, spec: Spec, tier: float, size: float, specs: dict[str, Raw]
) -> tuple[Raw, float] | None:
    if not applies(spec.when, specs):
        return None
    if spec.chance is not None:
        low, high = spec.chance
        has = rng.random() < low + (high - low) * tier
        return has, float(has)
    if spec.base is not None:
        return _derived(rng, spec, specs), 0.5
    centre = {"tier": tier, "size": size, "-size": 1 - size, "free": rng.random()}[spec.follows]
    position = min(max(centre + spec.spread * (rng.random() - 0.5), 0.0), 0.999)
    return value_at(spec, position), position


def applies(when: dict[str, tuple[Raw, ...]], specs: dict[str, Raw]) -> bool:
    return all(specs.get(name) in allowed for name, allowed in when.items())


def value_at(spec: Spec, position: float) -> Raw:
    if spec.ladder:
        return spec.ladder[int(position * len(spec.ladder))]
    assert spec.range is not None, f"{spec.name} has no ladder, range, chance or base"
    low, high, step = spec.range
    return on_step(low + (high - low) * position, step)


def _derived(rng: Random, spec: Spec, specs: dict[str, Raw]) -> float:
    assert spec.base is not None
    value = spec.base
    for name, factor in spec.plus.items():
        other = specs.get(name, 0.0)
        value += factor * (other if isinstance(other, float | int) else 0.0)
    return on_step(value * (1 + spec.spread * 0.2 * (rng.random() - 0.5)), spec.step)


def on_step(value: float, step: float) -> float:
    return round(round(value / step) * step, 3)


def _price(category: Category, brand: Brand, positions: dict[str, float]) -> float:
    paid = sum(spec.pays * positions.get(spec.name, 0.0) for spec in category.spec)
    return category.base_price * (1 + paid) * brand.premium


def _qualities(
    rng: Random,
    category: Category,
    tier: float,
    specs: dict[str, Raw],
    positions: dict[str, float],
) -> dict[str, float]:
    known = [aspect for aspect in category.aspect if applies(aspect.when, specs)]
    core, others = known[:2], known[2:]  # what every owner of such a thing speaks of comes first
    rng.shuffle(others)
    chosen = core + others[: 1 + int(rng.random() * 4)]
    return {aspect.name: _quality(rng, aspect, tier, positions) for aspect in chosen}


def _quality(rng: Random, aspect: Aspect, tier: float, positions: dict[str, float]) -> float:
    if aspect.tied in positions:
        value = (positions[aspect.tied] - 0.45) * 3.2 + between(rng, -0.5, 0.5)
        return round(min(max(value, -2.0), 2.0), 2)
    fate = rng.random() + 0.2 * (tier - 0.5)
    if fate < 0.3:
        return round(between(rng, -2.0, -0.7), 2)
    if fate < 0.45:
        return round(between(rng, -0.5, 0.5), 2)
    return round(between(rng, 0.7, 2.0), 2)


def _defect(rng: Random, category: Category, specs: dict[str, Raw]) -> Defect | None:
    if rng.random() >= 0.2:
        return None
    possible = tuple(d for d in category.defect if applies(d.when, specs))
    return pick(rng, possible) if possible else None


def _sibling(rng: Random, model: Model, names: set[str]) -> Model | None:
    """The same model but for one spec, which nothing else depends on."""
    category = model.category
    leaned_on = {name for spec in category.spec for name in (*spec.when, *spec.plus)}
    leaned_on |= {name for part in (*category.aspect, *category.defect) for name in part.when}
    free = tuple(
        spec
        for spec in category.spec
        if spec.name in model.specs
        and spec.base is None
        and (spec.kin or (spec.pays and spec.name not in leaned_on))
    )
    if not free:
        return None
    spec = pick(rng, free)
    for _ in range(8):
        position = float(not model.specs[spec.name]) if spec.chance else rng.random() * 0.999
        value: Raw = bool(position) if spec.chance else value_at(spec, position)
        if value != model.specs[spec.name]:
            return _changed(rng, model, spec, value, position, names)
    return None


def _changed(
    rng: Random, model: Model, spec: Spec, value: Raw, position: float, names: set[str]
) -> Model | None:
    before = model.positions[spec.name]
    suffixes = model.category.better if position > before else model.category.plainer
    name = model.name if spec.kin else model.name + pick(rng, suffixes)
    if not spec.kin and f"{model.brand.name} {name}" in names:
        return None
    names.add(f"{model.brand.name} {name}")
    positions = {**model.positions, spec.name: position}
    ratio = _price(model.category, model.brand, positions) / _price(
        model.category, model.brand, model.positions
    )
    tied = {aspect.name for aspect in model.aspects if aspect.tied == spec.name}
    shift = (position - before) * 3.2
    return replace(
        model,
        name=name,
        specs={**model.specs, spec.name: value},
        positions=positions,
        qualities={
            aspect: round(min(max(quality + shift, -2.0), 2.0), 2) if aspect in tied else quality
            for aspect, quality in model.qualities.items()
        },
        price=model.price * ratio,
        sibling_of=model.name,
        differs=spec.name,
        kin=spec.kin,
    )
