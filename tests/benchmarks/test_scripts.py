"""The scripts, each on a small catalog: what they compare is what they say they compare."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import generated, indexing, retrieval
from benchmarks.judged import read_ratings
from benchmarks.measure import in_fresh_process
from servers.embedded import text as embedded_text
from servers.records import Product

REPOSITORY = Path(__file__).parent.parent.parent
SCRIPTS = ["indexing", "search", "retrieval", "reports", "grounding", "agent", "injection"]


def ran(script: str, *arguments: str | Path) -> dict[str, Any]:
    command = [sys.executable, REPOSITORY / "benchmarks" / f"{script}.py", *arguments, "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "shop.jsonl"
    lines = [
        json.dumps({"kind": "product", **product.model_dump(mode="json", exclude_defaults=True)})
        for product in generated.products(120)
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_both_writers_are_given_the_same_products_and_fields(shop: Path, tmp_path: Path):
    folder = tmp_path / "prepared"
    folder.mkdir()
    assert indexing.prepare([str(shop)], None, folder).products == 120
    ours = in_fresh_process(indexing.write_ours, folder)
    bare = in_fresh_process(indexing.write_bare, folder)
    assert ours.products == bare.products == 120
    assert 0 < ours.analysing + ours.typing < ours.seconds
    assert bare.folder_mb == pytest.approx(ours.folder_mb, rel=0.5)


def test_indexing_says_how_far_ours_is_from_the_bare_writer(shop: Path):
    found = ran("indexing", "--catalog", shop, "--rounds", "1")
    (ours,), (bare,) = found["ours"], found["bare"]
    assert found["ratio"] == pytest.approx(bare["seconds"] / ours["seconds"])
    assert ours["peak_mb"] >= ours["held_mb"] > 10


def test_a_streamed_catalog_is_indexed_and_answers():
    found = ran("indexing", "--products", "300", "--queries", "5")
    assert found["indexing"]["products"] == 300
    assert len(found["answering"]["milliseconds"]) == 5
    assert found["answering"]["found"] > 0


def test_search_times_every_kind_of_call_against_the_empty_tool(shop: Path, tmp_path: Path):
    asked = tmp_path / "asked.csv"
    asked.write_text("query,docid,rating\nmonitor,g1,1\nkeyboard,g2,1\n", encoding="utf-8")
    found = ran("search", "--catalog", shop, "--queries", asked, "--rounds", "1")
    assert found["words, facets"]["calls"] == 2
    assert found["all"]["ratio"] > 0
    assert found["all"]["seconds"]["search"]["p50"] < found["all"]["seconds"]["ours"]["p50"]


def test_the_baseline_ranks_by_words_stemmed_in_english(tmp_path: Path):
    lamp = Product(id="lamp", title="Desk lamp", description="Lights desks.")
    desk = Product(id="desk", title="Oak table", attributes={"part number": ("DK-1",)})
    search = retrieval.one_field([lamp, desk], tmp_path / "baseline")
    assert list(search("lamps")) == ["lamp"]
    assert list(search("dk")) == ["desk"]


def test_a_part_is_off_only_inside_and_its_weight_comes_back():
    weights = {name for names in retrieval.PARTS.values() for name in names}
    before = {name: getattr(embedded_text, name) for name in weights}
    assert all(value > 0 for value in before.values())
    with retrieval.without(list(weights)):
        assert all(getattr(embedded_text, name) == 0 for name in weights)
    assert {name: getattr(embedded_text, name) for name in weights} == before


def test_retrieval_compares_each_system_with_the_baseline(shop: Path, tmp_path: Path):
    product = next(generated.products(1))
    ratings = tmp_path / "ratings.csv"
    ratings.write_text(f'query,docid,rating\n"{product.title}",g0,3\n', encoding="utf-8")
    assert list(read_ratings(str(ratings))) == [product.title]
    found = ran("retrieval", "--catalog", shop, "--ratings", ratings)
    assert found["systems"]["one-field BM25"]["ndcg"] == 1
    assert found["systems"]["ours"]["ndcg_against_baseline"]["mean"] == 0
    assert set(found["systems"]) >= {f"ours without {part}" for part in retrieval.PARTS}


def test_the_loop_is_measured_against_its_own_calls_made_bare():
    found = ran("agent", "--runs", "3", "--rounds", "1", "--latency", "0.01")
    (one,) = found["one"]["rounds"]
    assert one["steps"] == 9
    assert one["bare"]["disk"] == 0 < one["ours"]["disk"] < one["ours"]["wall"]
    assert found["one"]["ratio"] == pytest.approx(one["ours"]["wall"] / one["bare"]["wall"])
    (many,) = found["many"]
    assert (many["count"], many["at_once"]) == (3, 3)
    assert many["ideal"] == pytest.approx(9 * 0.01)
    assert many["ratio"] > 1


def test_each_planted_text_is_measured_beside_its_twin():
    found = ran("injection", "--first", "1")
    outcomes = [(one["place"], one["text"], one["tried"]) for one in found["outcomes"]]
    places = ("review", "title", "attribute", "page")
    assert outcomes == [
        (p, text, text == "planted") for p in places for text in ("planted", "twin")
    ]


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_says_what_it_does(script: str):
    command = [sys.executable, REPOSITORY / "benchmarks" / f"{script}.py", "--help"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0
    assert "--json" in done.stdout


def test_reports_without_data_says_what_to_name():
    command = [sys.executable, REPOSITORY / "benchmarks" / "reports.py"]
    clean = {"PATH": "", "HOME": "/nonexistent"}
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, env=clean)
    assert done.returncode == 2
    assert "--data DIR" in done.stderr
