import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from subprocess import Popen

import pytest

from servers.index import IndexUnreadable, Query
from servers.live.keeping import Kept, web_id
from servers.live.search import Asked, WebResult
from servers.records import Page

RESULT = WebResult(
    url="https://a.example/1", title="One", snippet="a drill", published=date(2026, 5, 4)
)


def page(n: int) -> Page:
    url = f"https://a.example/{n}"
    fetched = datetime(2026, 5, 4, 10, tzinfo=UTC)
    return Page(id=web_id(url), title=f"Page {n}", text="A quiet drill.", url=url, fetched=fetched)


def test_a_page_is_kept_with_its_time_and_found_by_words(tmp_path: Path):
    Kept(tmp_path / "web").put_page(page(1))
    again = Kept(tmp_path / "web")
    assert again.page(page(1).id) == page(1)
    assert again.pages(Query("page", "drill")) == [page(1)]


def test_nothing_is_kept_at_first(tmp_path: Path):
    kept = Kept(tmp_path)
    assert kept.page("web-1") is None
    assert kept.pages(Query("page", "drill")) == []
    assert kept.search(Asked("q")) is None
    assert kept.returned("web-1") is None


def test_a_search_is_known_by_its_words_site_and_date(tmp_path: Path):
    kept = Kept(tmp_path)
    kept.put_search(Asked("quiet drill", "a.example", date(2026, 1, 1)), [RESULT])
    same = kept.search(Asked(" Quiet  DRILL ", "A.example", date(2026, 1, 1), limit=3))
    assert same is not None
    assert same[1] == (RESULT,)
    assert kept.search(Asked("quiet drill")) is None
    assert kept.returned(web_id("https://a.example/1/#part")) == "https://a.example/1"


def test_a_page_may_be_read_again_where_it_ended(tmp_path: Path):
    kept = Kept(tmp_path)
    moved = page(1).model_copy(update={"id": web_id("https://short.example/x")})
    kept.put_page(moved)
    assert kept.returned(web_id("https://a.example/1")) == "https://a.example/1"


def test_threads_that_write_at_once_wait_for_one_another(tmp_path: Path):
    kept = Kept(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(kept.put_page, map(page, range(8))))
    assert all(kept.page(page(n).id) == page(n) for n in range(8))


def test_servers_that_write_at_once_wait_for_one_another(tmp_path: Path):
    code = (
        "import sys; sys.path[:0] = [sys.argv[3]]\n"
        "from pathlib import Path\n"
        "from servers.live.keeping import Kept, web_id\n"
        "from servers.records import Page\n"
        "kept = Kept(Path(sys.argv[1]))\n"
        "for n in range(5):\n"
        "    url = f'https://{sys.argv[2]}.example/{n}'\n"
        "    kept.put_page(Page(id=web_id(url), title='x', text='drill', url=url))\n"
    )
    root = str(Path(__file__).parents[2])
    started = [
        Popen([sys.executable, "-P", "-c", code, str(tmp_path), name, root]) for name in "ab"
    ]
    assert [one.wait() for one in started] == [0, 0]
    assert len(Kept(tmp_path).pages(Query("page", "drill", limit=50))) == 10


def test_what_is_no_file_of_ours_is_said(tmp_path: Path):
    (tmp_path / "searches.sqlite").write_text("somebody else's" * 100)
    with pytest.raises(IndexUnreadable, match=r"searches\.sqlite"):
        Kept(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(IndexUnreadable, match="cannot be kept"):
        Kept(tmp_path / "file" / "web")
