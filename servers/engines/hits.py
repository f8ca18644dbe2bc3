"""A found record as a hit: what it breaks, what it leaves open, which passages speak of it."""

from collections.abc import Sequence

from servers.answers.highlights import fragments
from servers.engines.filtering import judge_type
from servers.index import AnyOf, Filter, Hit, Match, Query, Violation
from servers.language.concepts import Concepts
from servers.language.judging import Broken, Judgement, Unknown, judge
from servers.language.producttypes import TypeModel
from servers.records import AnyRecord, Page, Product, Review


def hit(
    record: AnyRecord,
    score: float,
    query: Query,
    words: Sequence[str],
    concepts: Concepts,
    types: TypeModel,
) -> Hit:
    violates: list[Violation] = []
    unknown: list[str] = []
    if isinstance(record, Product) and query.match is not Match.MET:
        for asked in query.filters:
            match _judgement(record, asked, concepts, types):
                case Broken(violation=violation):
                    violates.append(violation)
                case Unknown(reason=reason):
                    unknown.append(reason)
                case _:
                    pass
    shown = fragments(_body(record), words) if words else ()
    return Hit(record, score, shown, tuple(violates), tuple(unknown))


def _judgement(product: Product, asked: Filter, concepts: Concepts, types: TypeModel) -> Judgement:
    if asked.field == "type" and isinstance(asked, AnyOf):
        return judge_type(product, asked, types)
    return judge(product, asked, concepts)


def _body(record: AnyRecord) -> str:
    match record:
        case Product():
            return record.description
        case Review() | Page():
            return record.text
