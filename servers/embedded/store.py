"""The folder of an embedded index: generations, the marker that names the current one, the lock.

Each kind of record has a tantivy index of its own, so that counts and lengths of reviews do not
bend the scores of products (and another engine with an index a kind agrees exactly). A write
fills new folders, which share the unchanged files of the old ones by hard link, and becomes
visible through one atomic replacement of the marker file. A write that is killed leaves folders
that no marker names; the next write removes them.
"""

import errno
import json
import os
import shutil
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from servers.embedded.engine import is_panic
from servers.index import IndexMissing, IndexUnreadable
from servers.records import Kind

FORMAT = 2
KINDS: tuple[Kind, ...] = ("product", "review", "page")
_MARKER = "productresearch-index.json"
_LOCK = "write.lock"
_UNSHARED = ("meta.json", ".managed.json")
"""What tantivy replaces in a folder; all its other files never change once written."""


@dataclass(frozen=True)
class Generation:
    """The folders (by name, inside the index) that together are one state of the index."""

    number: int = 0
    folders: Mapping[Kind, str] = field(default_factory=dict[Kind, str])
    previous: tuple[str, ...] = ()
    """Folders of the state before: kept for readers that are just opening them."""


def marker_stamp(root: Path) -> tuple[int, int] | None:
    """Changes whenever a write becomes visible; None where there is no index."""
    try:
        found = os.stat(root / _MARKER)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


def read_generation(root: Path) -> Generation:
    """Raises IndexMissing, or IndexUnreadable for what is no index of ours."""
    try:
        text = (root / _MARKER).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        _refuse_foreign(root)
        raise IndexMissing(
            f"There is no index in {root}. Make one with: productresearch index SOURCE --index "
            f"{root}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexUnreadable(f"The index in {root} cannot be read: {error}") from error
    return _parse(root, text)


def _parse(root: Path, text: str) -> Generation:
    try:
        raw = json.loads(text)
        if raw["format"] != FORMAT:
            raise IndexUnreadable(
                f"The index in {root} has format {raw['format']}; this version reads format "
                f"{FORMAT}. Remove the folder and run `productresearch index` again."
            )
        folders: dict[Kind, str] = {
            kind: str(raw["folders"][kind]) for kind in KINDS if kind in raw["folders"]
        }
        return Generation(int(raw["number"]), folders, tuple(map(str, raw["previous"])))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise damaged(root, f"{_MARKER} is damaged") from error


def damaged(root: Path, what: object) -> IndexUnreadable:
    return IndexUnreadable(
        f"The index in {root} cannot be read: {what}. Remove the folder and run "
        "`productresearch index` again."
    )


def _refuse_foreign(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise IndexUnreadable(f"{root} is a file; an index is a folder. Name another place.")
    if root.is_dir():
        strange = [entry.name for entry in root.iterdir() if not _is_ours(entry.name)]
        if strange:
            raise IndexUnreadable(
                f"{root} holds other files ({sorted(strange)[0]}, ...) and no index of "
                "productresearch. Name another folder."
            )


def _is_ours(name: str) -> bool:
    kind, _, number = name.partition("-")
    return name.startswith((_MARKER, _LOCK)) or (kind in (*KINDS, "spool") and number.isdigit())


def write_generation(root: Path, generation: Generation) -> None:
    """Makes `generation` the current one, at once and for good."""
    fresh = root / f"{_MARKER}.new"
    with open(fresh, "w", encoding="utf-8") as file:
        json.dump(
            {
                "format": FORMAT,
                "number": generation.number,
                "folders": dict(generation.folders),
                "previous": list(generation.previous),
            },
            file,
        )
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, root / _MARKER)


def clear_leftovers(root: Path, generation: Generation) -> None:
    """Removes what no reader needs: unfinished writes and the states before the last."""
    keep = {*generation.folders.values(), *generation.previous}
    for entry in root.iterdir():
        lasting = entry.name.startswith((_MARKER, _LOCK))
        if _is_ours(entry.name) and not lasting and entry.name not in keep:
            remove(entry)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def clone_folder(source: Path, target: Path) -> None:
    """A folder with the same content; large files are shared, not copied, where possible."""
    target.mkdir()
    for entry in source.iterdir():
        if entry.name.endswith(".lock"):
            continue
        if entry.name not in _UNSHARED:
            with suppress(OSError):
                os.link(entry, target / entry.name)
                continue
        shutil.copyfile(entry, target / entry.name)


class WriteLock:
    """At most one writer an index; the system frees it when the process ends, however it ends."""

    def __init__(self, root: Path) -> None:
        self._file = os.open(root / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(self._file)
        except OSError as error:
            os.close(self._file)
            raise IndexUnreadable(
                f"Another process is writing to the index in {root}. Wait until it has finished, "
                "or stop it; what is indexed can be read meanwhile."
            ) from error

    def release(self) -> None:
        os.close(self._file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_TEXTS = ("No space left", "File too large", "quota exceeded")


@contextmanager
def engine_errors(root: Path, doing: str) -> Generator[None]:
    """Turns what the engine and the disk raise into IndexUnreadable with what to do."""
    try:
        yield
    except (OSError, ValueError, SystemError) as error:
        raise _explained(root, doing, error) from error
    except BaseException as error:
        if not is_panic(error):
            raise
        raise _explained(root, doing, error) from error


def _explained(root: Path, doing: str, error: BaseException) -> IndexUnreadable:
    full = isinstance(error, OSError) and error.errno in _FULL
    if full or any(text in str(error) for text in _FULL_TEXTS):
        return IndexUnreadable(
            f"No room is left on the disk while {doing} the index in {root}. Free some and run "
            "the command again; what was indexed before is unchanged."
        )
    if "index writer was killed" in str(error):  # the engine does not say of what
        return IndexUnreadable(
            f"The engine stopped {doing} the index in {root}: most likely no room is left on the "
            "disk, or memory ran out. What was indexed before is unchanged; free some and run "
            "the command again."
        )
    return IndexUnreadable(f"{doing.capitalize()} the index in {root} failed: {error}")
