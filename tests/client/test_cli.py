"""The command line on the real servers, over a small catalog."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner, Result

from client import cli
from client.cli import question_of
from client.errors import BadQuestion, BadRun, Diverged, ModelFailed, ToolsUnavailable
from client.runs import read
from client.toolbox import own_program
from client.trajectory import Ended, Report, StopReason
from client.wording import one_line
from servers.app import build_app, http_app
from servers.embedded.index import open_index
from servers.indexing import index_sources
from tests.client import shop
from tests.client.scripted import PLAN
from tests.fakes import Failure, scripted_model

QUESTION = "a quiet kettle under £40"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    products = [
        {
            "id": f"k{n}",
            "title": f"{brand} kettle {n}",
            "brand": brand,
            "category": ["Kitchen", "Kettles"],
            "price": price,
            "currency": "GBP",
            "rating": 4.2,
            "review_count": 2,
            "attributes": {"noise level": {"value": noise, "unit": "dB"}, "capacity": "1.7 l"},
        }
        for n, (brand, price, noise) in enumerate(
            [
                ("Aqua", "24.99", 60),
                ("Brook", "39.50", 52),
                ("Cove", "31.00", 66),
                ("Dell", "64", 48),
            ]
        )
    ]
    reviews = [
        {"id": f"r{n}", "product_id": f"k{n % 4}", "rating": 4, "text": text}
        for n, text in enumerate(["A quiet kettle, we talk over it.", "Boils fast.", "Very noisy."])
    ]
    for name, records in (("products.jsonl", products), ("reviews.jsonl", reviews)):
        (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records))
    sources = [folder / "products.jsonl", folder / "reviews.jsonl"]
    index_sources(sources, folder / "index")
    return folder / "index"


@pytest.fixture(scope="module")
def server(index: Path) -> Iterator[str]:
    with serving(index) as url:
        yield url


@contextmanager
def serving(index: Path, token: str | None = None) -> Iterator[str]:
    app = http_app(build_app(open_index(index)), "127.0.0.1", token)
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        finally:
            running.should_exit = True
            thread.join()


def research(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["research", *arguments])


def test_a_question_becomes_a_report_and_a_run_folder(index: Path, tmp_path: Path) -> None:
    """Over stdio, as a user runs it."""
    out = tmp_path / "run"
    done = research(QUESTION, "--index", str(index), "--out", str(out))
    assert done.exit_code == 0, done.stderr
    assert done.stdout == (out / "report.md").read_text()
    report = Report.model_validate_json((out / "report.json").read_text())
    assert report.question == QUESTION
    assert {r.product_id for r in report.recommended} == {"k0", "k1", "k2"}
    assert "Plan: " in done.stderr
    assert re.search(r"search_catalog query=.* -> \d+ hits.*  \d+\.\d\d s  \[1/40\]", done.stderr)
    assert "Ended: done" in done.stderr
    assert len(read(out).task.tools) == 7


def test_a_server_that_asks_for_a_token_gets_it_from_the_environment(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = "a-token-that-nobody-guesses"
    with serving(index, token) as url:
        with pytest.raises(ToolsUnavailable, match="PRODUCTRESEARCH_SERVER_TOKEN"):
            cli.app(["research", QUESTION, "--server", url, "-q"], standalone_mode=False)
        monkeypatch.setenv("PRODUCTRESEARCH_SERVER_TOKEN", token)
        done = research(QUESTION, "--server", url, "--out", str(tmp_path))
    assert done.exit_code == 0
    assert not [path for path in tmp_path.iterdir() if token in path.read_text()]


def test_resuming_a_finished_run_prints_the_same_report(server: str, tmp_path: Path) -> None:
    first = research(QUESTION, "--server", server, "--out", str(tmp_path), "-q")
    assert first.exit_code == 0
    assert first.stderr == ""
    events = (tmp_path / "trajectory.jsonl").read_bytes()
    again = research("--resume", str(tmp_path))
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    assert (tmp_path / "trajectory.jsonl").read_bytes() == events


def test_a_run_cut_at_any_event_is_resumed_to_the_same_report(server: str, tmp_path: Path) -> None:
    research(QUESTION, "--server", server, "--out", str(tmp_path), "-q")
    path = tmp_path / "trajectory.jsonl"
    whole = path.read_bytes()
    reports = [(tmp_path / name).read_bytes() for name in ("report.md", "report.json")]
    lines = whole.splitlines(keepends=True)
    for length in range(1, len(lines), 3):
        path.write_bytes(b"".join(lines[:length]) + lines[length][:40])
        (tmp_path / "report.md").unlink()
        assert research("--resume", str(tmp_path), "-q").exit_code == 0
        assert [(tmp_path / name).read_bytes() for name in ("report.md", "report.json")] == reports
        kept = b"".join(lines[:length])
        assert path.read_bytes().startswith(kept)
        assert len(path.read_bytes().splitlines()) == len(lines)


def test_the_demo_makes_a_shop_and_ends_with_a_cited_report(tmp_path: Path) -> None:
    """As `make demo` runs it, in a process of its own."""
    demo = [*own_program(), "demo", "--out", str(tmp_path)]
    done = subprocess.run(demo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs" / "demo"
    assert done.stdout == (run / "report.md").read_text()
    report = Report.model_validate_json((run / "report.json").read_text())
    assert report.recommended
    assert {"product", "review"} <= {reference.kind for reference in report.references}
    assert "Plan: noise cancelling headphones" in done.stderr
    assert f"The run is in {run}" in done.stderr
    assert not [v for v in read(run).verdicts if v.forced]


def test_a_terminal_shows_the_report_set_out(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = research(QUESTION, "--server", server, "--out", str(tmp_path), "-q").stdout
    assert "\n## Needs\n" in piped
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = research("--resume", str(tmp_path)).stdout
    assert "## Needs" not in shown
    assert "Needs" in shown


def test_going_on_says_so_and_whether_the_index_has_changed(server: str, tmp_path: Path) -> None:
    research(QUESTION, "--server", server, "--out", str(tmp_path), "-q")
    path = tmp_path / "trajectory.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    first = next(n for n, line in enumerate(lines) if '"search_catalog"' in line and '"ok"' in line)
    for change, said in (((), False), (('"snapshot":"', '"snapshot":"other-'), True)):
        kept = "".join(lines[: first + 1])
        path.write_text(kept.replace(*change) if change else kept)
        done = research("--resume", str(tmp_path))
        assert f"Going on: {QUESTION}; 1 tool calls made" in done.stderr
        assert ("the index has changed" in done.stderr) is said


def test_tools_of_other_servers_are_offered_beside_ours(server: str, tmp_path: Path) -> None:
    other = {"command": sys.executable, "args": [shop.__file__], "env": {"PYTHONPATH": os.getcwd()}}
    config = tmp_path / "servers.json"
    config.write_text(json.dumps({"mcpServers": {"post": other}}))
    out = tmp_path / "run"
    done = research(QUESTION, "--server", server, "--mcp", str(config), "--out", str(out), "-q")
    assert done.exit_code == 0
    names = [tool["name"] for tool in read(out).task.tools]
    assert {"search_catalog", "post_shipping_note", "post_search_catalog"} <= set(names)


def test_json_prints_the_report_for_programs(server: str, tmp_path: Path) -> None:
    done = research(QUESTION, "--server", server, "--out", str(tmp_path), "--json", "-q")
    assert Report.model_validate_json(done.stdout).stop_reason is StopReason.DONE


def test_a_spent_budget_is_exit_code_3_and_still_a_report(server: str, tmp_path: Path) -> None:
    done = research(QUESTION, "--server", server, "--out", str(tmp_path), "--max-tool-calls", "1")
    assert done.exit_code == 3
    assert "sent back: budget: Not sent: the run's limit of tool calls (1)" in done.stderr
    assert "Ended: budget: tool calls; 1 tool calls" in done.stderr
    assert done.stdout.startswith("# ")
    assert read(tmp_path).ended == Ended(stop_reason=StopReason.TOOL_CALLS)


@pytest.mark.parametrize("question", ["", "   ", "???", "kettle " * 1000])
def test_a_question_that_cannot_be_read_is_bad_usage(question: str) -> None:
    done = research(question)
    assert done.exit_code == 2
    assert "QUESTION" in done.stderr
    with pytest.raises(BadQuestion):
        question_of(question)


def test_a_question_is_kept_as_one_line_without_what_a_terminal_obeys() -> None:
    assert question_of("  a kettle\n\x1b[31mfor 4\u202e ") == "a kettle [31mfor 4"
    assert question_of("מגבת 🧺") == "מגבת 🧺"
    assert one_line("a\x07b") == "ab"


def test_a_question_beside_resume_is_bad_usage(tmp_path: Path) -> None:
    assert research("a kettle", "--resume", str(tmp_path)).exit_code == 2


def test_a_question_that_matches_nothing_gets_an_honest_report(server: str, tmp_path: Path) -> None:
    for n, question in enumerate(["a submarine with a sauna", "qwrtz", "what is the time"]):
        out = tmp_path / str(n)
        done = research(question, "--server", server, "--out", str(out), "--json", "-q")
        assert done.exit_code == 0, done.stderr
        report = Report.model_validate_json(done.stdout)
        assert report.recommended == ()
        assert "## Recommendation" in (out / "report.md").read_text()


def test_what_cannot_be_started_says_why_and_leaves_the_folder_usable(
    server: str, tmp_path: Path
) -> None:
    out = str(tmp_path / "run")
    for arguments, error in (
        (["--server", "nowhere"], ToolsUnavailable),
        (["--server", "http://127.0.0.1:9/mcp"], ToolsUnavailable),
        (["--server", server, "--mcp", str(tmp_path / "none.json")], ToolsUnavailable),
        (["--server", server, "--model", "some-model"], ModelFailed),
    ):
        done = research(QUESTION, *arguments, "--out", out, "-q")
        assert isinstance(done.exception, error)
    assert research(QUESTION, "--server", server, "--out", out, "-q").exit_code == 0
    taken = research(QUESTION, "--server", server, "--out", out, "-q")
    assert isinstance(taken.exception, BadRun)


def test_a_failing_model_is_exit_code_1_and_the_run_goes_on_later(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    plan = PLAN.model_dump_json()
    search = [("search_catalog", {"query": "kettle", "price_max": 40})]
    with scripted_model(plan, search, Failure(400, "bad sk-very-secret")) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        options = ("--server", server, "--model", "m", "--supervisor-model", "none", "-q")
        done = research(QUESTION, *options, "--out", str(tmp_path))
    assert done.exit_code == 1
    assert f"--resume {tmp_path}" in done.stderr
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["stop_reason"] == "model failed"
    assert {"act", "plan", "system", "write", "critique_report"} <= set(manifest["prompts"])
    assert "very-secret" not in "".join(
        path.read_text() for path in tmp_path.iterdir() if path.is_file()
    )
    markup = "## Needs\n- (hard) under £40: met\n- (soft) quiet: could not verify\n"
    markup += "\n## Recommendation\n1. [p1] at [p1.price]\n2. [p2] at [p2.price]\n"
    markup += "\n## Comparison\n| need | [p1] | [p2] |\n|---|---|---|\n"
    markup += "| under £40 | [p1.price] | [p2.price] |\n"
    with scripted_model("Enough.", markup) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        again = research("--resume", str(tmp_path), "-q")
    assert again.exit_code == 0
    assert len(read(tmp_path).observations) == 1
    assert "£24.99" in again.stdout


def test_a_cost_that_nobody_can_work_out_is_refused_before_anything_starts(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    options = ("--server", server, "--model", "dear", "--max-cost", "1", "-q")
    with scripted_model("Hello.") as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        with pytest.raises(ModelFailed, match=r"prices of 'dear'.*models\.toml"):
            cli.app(["research", QUESTION, *options], standalone_mode=False)
        assert not model.requests
        (tmp_path / "productresearch").mkdir()
        priced = '[models.dear]\ninput_price = 5000.0\noutput_price = 5000.0\ncurrency = "EUR"\n'
        (tmp_path / "productresearch" / "models.toml").write_text(priced)
        out = tmp_path / "run"
        done = research(QUESTION, *options[:-1], "--out", str(out), "--supervisor-model", "none")
    assert done.exit_code == 3
    assert "EUR. At most: 40 tool calls, a cost of 1." in done.stderr
    run = read(out)
    assert run.ended == Ended(stop_reason=StopReason.COST)
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["cost"] == pytest.approx(0.6 * len(model.requests))
    assert manifest["currency"] == "EUR"


def test_nothing_is_left_to_supervise_with_no_supervise() -> None:
    done = research(QUESTION, "--no-supervise", "--corrector", "rules")
    assert done.exit_code == 2
    assert "--no-supervise" in done.output


def test_a_run_is_replayed_without_servers_or_model(server: str, tmp_path: Path) -> None:
    first = research(QUESTION, "--server", server, "--out", str(tmp_path), "-q")
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = research("--replay", str(tmp_path))
    assert (again.exit_code, again.stdout, again.stderr) == (0, first.stdout, "")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept
    (tmp_path / "report.md").write_text("Buy this.\n")
    with pytest.raises(Diverged, match=r"line 1: recorded 'Buy this.'; now "):
        cli.app(["research", "--replay", str(tmp_path)], standalone_mode=False)
