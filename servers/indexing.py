"""What `productresearch index` does: sources into the index, in one write, with exact counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from servers.index import BadSource, IndexMissing, IndexWriter
from servers.opening import local_folder, open_index, open_writer
from servers.records import AnyRecord, Kind
from servers.settings import Place
from servers.sources.reading import read_all
from servers.sources.rejects import Counts, Reject, RejectsFile

KINDS: tuple[Kind, ...] = ("product", "review", "page")
_TICK = 200

OnProgress = Callable[[str, int], None]
"""(what is being done, records so far)"""


@dataclass(frozen=True)
class Indexed:
    """Exact counts of one run of `index`."""

    index: str
    read: Mapping[Kind, int]
    """Records read from the sources."""
    added: int
    """Records whose id was new."""
    replaced: int
    """Records whose id was in the index already."""
    repeated: int
    """Ids met again within the sources: the last record counts."""
    removed: int
    """Records that --prune took out."""
    rejected: int
    """Rows that are not indexed."""
    unclear: Mapping[str, int]
    """Values left empty because they have no one meaning, by field."""
    rejects_file: str | None
    """Where each rejected row and unclear value is written down."""
    now: Mapping[Kind, int]
    """What the index holds after this run."""
    snapshot: str
    examples: Sequence[str] = field(default_factory=tuple[str, ...])

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def index_sources(
    sources: Sequence[Path],
    into: Place,
    *,
    mapping: Sequence[str] = (),
    currency: str | None = None,
    prune: bool = False,
    rejects: Path | None = None,
    on_progress: OnProgress = lambda _doing, _count: None,
) -> Indexed:
    """Adds or replaces by id. Raises ServersError, and then the index is as it was before."""
    counts, unread = Counts(), list[Reject]()
    rejects = rejects or _beside(into)
    before = counts_of(into)
    writer = open_writer(into)
    try:
        with RejectsFile(rejects) as on_reject:

            def note(reject: Reject) -> None:
                on_reject(reject)
                if reject.line is None and reject.severity == "rejected":
                    unread.append(reject)

            records = read_all(
                sources, mapping=mapping, currency=currency, counts=counts, on_reject=note
            )
            writer.add(_ticking(records, on_progress))
        removed = _pruned(writer, unread) if prune else 0
        _refuse_nothing(sources, counts, rejects)
        on_progress("writing the index", counts.read.total())
        writer.commit()
    except BaseException:
        writer.abandon()
        raise
    return _report(into, before, counts, removed, rejects)


def _beside(into: Place) -> Path:
    folder = local_folder(into)
    folder.parent.mkdir(parents=True, exist_ok=True)
    return folder.with_name(f"{folder.name}-rejects.jsonl")


def counts_of(place: Place) -> Mapping[Kind, int]:
    """Empty where there is no index yet."""
    try:
        with closing(open_index(place)) as index:
            return dict(index.counts())
    except IndexMissing:
        return {}


def _ticking(records: Iterable[AnyRecord], on_progress: OnProgress) -> Iterator[AnyRecord]:
    for count, record in enumerate(records, 1):
        yield record
        if count % _TICK == 0:
            on_progress("reading", count)


def _pruned(writer: IndexWriter, unread: Sequence[Reject]) -> int:
    """A file that could not be read still has its records: they must not be dropped."""
    if unread:
        raise BadSource(
            f"{unread[0].file} could not be read ({unread[0].reason}), so --prune would remove"
            " all that it holds. Mend or remove the file, or leave --prune out."
        )
    return sum(writer.prune().values())


def _refuse_nothing(sources: Sequence[Path], counts: Counts, rejects: Path) -> None:
    if not counts.read.total():
        why = (
            f" All {counts.rejected} rows were rejected: see {rejects}." if counts.rejected else ""
        )
        first = f" First: {counts.examples[0]}" if counts.examples else ""
        raise BadSource(f"{', '.join(map(str, sources))}: no record could be read.{why}{first}")


def _report(
    into: Place, before: Mapping[Kind, int], counts: Counts, removed: int, rejects: Path
) -> Indexed:
    with closing(open_index(into)) as index:
        now, snapshot = dict(index.counts()), index.snapshot
    added = sum(now.values()) - sum(before.values()) + removed
    return Indexed(
        index=str(into),
        read={kind: counts.read[kind] for kind in KINDS if counts.read[kind]},
        added=added,
        replaced=counts.read.total() - counts.duplicates - added,
        repeated=counts.duplicates,
        removed=removed,
        rejected=counts.rejected,
        unclear=dict(counts.unclear.most_common()),
        rejects_file=str(rejects) if rejects.exists() else None,
        now=now,
        snapshot=snapshot,
        examples=tuple(str(one) for one in counts.examples[:5]),
    )
