"""What is written survives: kills, full disks, two writers, folders that are no index."""

import resource
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from servers.embedded.index import EmbeddedIndex, open_index
from servers.embedded.writer import open_writer
from servers.index import IndexMissing, IndexUnreadable, Query
from servers.records import Product, Review

REPOSITORY = Path(__file__).parents[2]
OLD = [Product(id=f"old{at}", title=f"Old lamp {at}") for at in range(20)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    writer = open_writer(tmp_path / "index")
    writer.add(OLD)
    writer.commit()
    return tmp_path / "index"


def in_another_process(
    folder: Path, code: str, limit: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    program = """
    import os, signal, sys
    from pathlib import Path
    from servers.embedded.index import open_index
    from servers.embedded.writer import open_writer
    from servers.index import IndexUnreadable
    from servers.records import Product, Review
    folder = Path(sys.argv[1])
    def new(count):
        for at in range(count):
            yield Product(id=f"new{at}", title=f"New lamp {at}", description="light " * 50)
            yield Review(id=f"r{at}", product_id=f"new{at}", text="Bright. " * 20)
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program) + textwrap.dedent(code), str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=limit,
        check=False,
    )


def assert_old_and_writable(folder: Path) -> None:
    assert open_index(folder).counts() == {"product": len(OLD)}
    assert open_index(folder).search(Query("product", "lamps")).total == len(OLD)
    writer = open_writer(folder)
    writer.add([Product(id="next", title="Next lamp")])
    writer.commit()
    assert open_index(folder).counts() == {"product": len(OLD) + 1}
    unnamed = [entry.name for entry in folder.iterdir() if entry.name.startswith("spool")]
    assert unnamed == []


KILL = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.mark.parametrize(
    "code",
    [
        f"writer = open_writer(folder); {KILL}",
        f"writer = open_writer(folder); writer.add(new(500)); {KILL}",
        # the engine has committed, but the marker does not name its folders yet
        f"""
        import servers.embedded.writer as module
        module.write_generation = lambda *_: {KILL}
        writer = open_writer(folder); writer.add(new(500)); writer.commit()
        """,
        # the new marker is written beside the old one
        f"""
        os.replace = lambda *_: {KILL}
        writer = open_writer(folder); writer.add(new(50)); writer.commit()
        """,
    ],
    ids=["open", "adding", "committing", "switching"],
)
def test_killed_at_any_moment_the_old_index_answers_and_the_next_write_works(
    folder: Path, code: str
) -> None:
    assert in_another_process(folder, code).returncode == -signal.SIGKILL
    assert_old_and_writable(folder)


def test_killed_at_a_random_moment_too(folder: Path) -> None:
    """A timer of the system ends the writer wherever it is."""
    for seconds in (0.02, 0.1, 0.3):
        code = f"""
        signal.setitimer(signal.ITIMER_REAL, {seconds})
        writer = open_writer(folder); writer.add(new(20_000)); writer.commit()
        """
        assert in_another_process(folder, code).returncode == -signal.SIGALRM
        assert open_index(folder).counts() == {"product": len(OLD)}
    assert_old_and_writable(folder)


@pytest.mark.parametrize("kind", ["Product", "Review"])
def test_a_full_disk_is_said_and_the_old_index_stays(folder: Path, kind: str) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

    code = f"""
    try:
        writer = open_writer(folder)
        writer.add(record for record in new(20_000) if isinstance(record, {kind}))
        writer.commit()
    except IndexUnreadable as error:
        writer.abandon()
        print(error)
    """
    done = in_another_process(folder, code, small_files)
    assert "no room is left on the disk" in done.stdout.lower(), done.stderr
    assert_old_and_writable(folder)


def test_a_second_writer_is_told_that_another_one_writes(folder: Path) -> None:
    first = open_writer(folder)
    with pytest.raises(IndexUnreadable, match="Another process is writing"):
        open_writer(folder)
    told = in_another_process(
        folder,
        """
        try: open_writer(folder)
        except IndexUnreadable as error: print(error)
        """,
    )
    assert "Another process is writing" in told.stdout
    first.abandon()
    assert_old_and_writable(folder)


def test_an_abandoned_write_leaves_nothing(folder: Path) -> None:
    writer = open_writer(folder)
    writer.add([*OLD[:3], Review(id="r", product_id="old1", text="Fine")])
    writer.abandon()
    assert_old_and_writable(folder)


def test_a_fault_of_the_source_reaches_the_caller_as_it_is(folder: Path) -> None:
    writer = open_writer(folder)
    with pytest.raises(ZeroDivisionError):
        writer.add(Product(id=str(1 // at), title="x") for at in (1, 0))
    writer.abandon()
    assert_old_and_writable(folder)


def test_a_used_up_writer_says_so(folder: Path) -> None:
    writer = open_writer(folder)
    writer.commit()
    with pytest.raises(RuntimeError, match="used up"):
        writer.add(OLD)


def test_another_process_reads_while_one_writes(folder: Path) -> None:
    index = open_index(folder)
    writer = open_writer(folder)
    writer.add([Product(id="new", title="New lamp")])
    seen = in_another_process(folder, "print(open_index(folder).counts())")
    assert seen.stdout.strip() == str({"product": len(OLD)})
    writer.commit()
    assert index.counts() == {"product": len(OLD) + 1}
    assert index.search(Query("product", "new lamp")).hits[0].record.id == "new"


def test_an_open_index_outlives_many_writes(folder: Path) -> None:
    index = open_index(folder)
    for at in range(4):
        writer = open_writer(folder)
        writer.add([Product(id=f"more{at}", title="More lamps")])
        writer.commit()
    assert index.search(Query("product", "more")).total == 4


def test_where_nothing_is_the_index_is_missing(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(IndexMissing, match="productresearch index"):
            open_index(path)


def test_a_first_write_that_was_killed_leaves_a_missing_index(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    in_another_process(folder, f"writer = open_writer(folder); writer.add(new(50)); {KILL}")
    with pytest.raises(IndexMissing):
        open_index(folder)


@pytest.mark.parametrize("opened", [open_index, open_writer])
def test_a_foreign_folder_is_neither_read_nor_written(
    tmp_path: Path, opened: Callable[[Path], object]
) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader")
    with pytest.raises(IndexUnreadable, match="other files"):
        opened(tmp_path)
    with pytest.raises(IndexUnreadable, match="is a file"):
        opened(tmp_path / "letter.txt")
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]


def damage_marker(folder: Path) -> None:
    (folder / "productresearch-index.json").write_text("{")


def damage_meta(folder: Path) -> None:
    next(folder.glob("product-*/meta.json")).write_text("{}")


def damage_segment(folder: Path) -> None:
    for part in folder.glob("product-*/*.fast"):
        part.write_bytes(b"junk")


def lose_folder(folder: Path) -> None:
    for part in folder.glob("product-*"):
        part.rename(folder / "elsewhere")


def other_format(folder: Path) -> None:
    marker = folder / "productresearch-index.json"
    marker.write_text(marker.read_text().replace('"format": 2', '"format": 99'))


@pytest.mark.parametrize(
    "damage", [damage_marker, damage_meta, damage_segment, lose_folder, other_format]
)
def test_a_damaged_index_says_what_to_do(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder)
    with pytest.raises(IndexUnreadable, match="Remove the folder and run"):
        open_index(folder)


def test_a_removed_index_is_missing_for_those_who_have_it_open(folder: Path) -> None:
    index: EmbeddedIndex = open_index(folder)
    for part in sorted(folder.rglob("*"), reverse=True):
        part.rmdir() if part.is_dir() else part.unlink()
    with pytest.raises(IndexMissing):
        index.search(Query("product", "lamp"))


def test_an_empty_write_makes_an_index_that_answers_nothing(tmp_path: Path) -> None:
    open_writer(tmp_path / "index").commit()
    index = open_index(tmp_path / "index")
    assert index.counts() == {}
    assert index.search(Query("product", "lamp", facets=True)).total == 0
    assert index.suggest("red lamp") == []
    assert not index.vocabulary().brands
    assert not index.get("page", ["x"])
    assert not index.nearest_ids("review", "x")
    assert not index.variants("x")
