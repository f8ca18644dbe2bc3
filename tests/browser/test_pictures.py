"""The README's pictures, taken of real runs. `make pictures` puts them into docs/."""

import io
import struct
import subprocess
from pathlib import Path

import pytest
from rich.console import Console
from rich.terminal_theme import TerminalTheme

from client import runs
from client.board import Board
from client.budget import Spent
from client.pages.timeline import timeline_page
from client.progress import Progress
from client.toolbox import own_program
from client.trajectory import Observation, Trajectory
from tests.browser.looking import Open, Opened
from tests.client.pages.test_timeline import refused_run

pytestmark = pytest.mark.browser

_COLOURS = [(22, 21, 20), (242, 151, 143), (134, 207, 159), (229, 183, 105)]
_COLOURS += [(143, 193, 232), (205, 170, 230), (120, 200, 205), (236, 233, 227)]
_THEME = TerminalTheme(_COLOURS[0], _COLOURS[-1], _COLOURS)
_TERMINAL = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; padding: 20px 24px; background: {background}; color: {foreground}; }}
pre {{ margin: 0; white-space: pre-wrap; }}
pre {{ font: 14px/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }}
{stylesheet}</style><pre>{code}</pre>"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo's run."""
    out = tmp_path_factory.mktemp("demo")
    made = [*own_program(), "demo", "--out", str(out), "-q"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    return out / "runs" / "demo"


@pytest.fixture
def pictures(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    asked = request.config.getoption("--pictures", default=None)
    return Path(asked) if asked else tmp_path


async def test_the_demo_report_looks_like_this(open_page: Open, demo: Path, pictures: Path) -> None:
    html = (demo / "report.html").read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        opened = await open_page(html, width=1040, theme=theme, scale=1.5)
        await taken(opened, pictures / f"report-{theme}.png", height=1330)


async def test_a_run_sent_back_looks_like_this(open_page: Open, pictures: Path) -> None:
    opened = await open_page(timeline_page(await refused_run()), width=1040, scale=1.5)
    await taken(opened, pictures / "timeline.png", height=1000)


async def test_the_terminal_looks_like_this(open_page: Open, demo: Path, pictures: Path) -> None:
    run = runs.read(demo)
    answered = [isinstance(e, Observation) and e.name == "compare_products" for e in run.events]
    under_way = Trajectory(events=run.events[: answered.index(True)])
    opened = await open_page(terminal(under_way), width=980, scale=1.5)
    height = await opened.page.evaluate("document.body.getBoundingClientRect().height")
    await taken(opened, pictures / "terminal.png", 2 * round(height / 2))


def terminal(run: Trajectory) -> str:
    """What stands in a terminal at that point of the run, as HTML."""
    console = Console(file=io.StringIO(), record=True, width=104, highlight=False, _environ={})
    progress = Progress(40, console=console)
    for length in range(1, len(run.events) + 1):
        progress(Trajectory(events=run.events[:length]), run.events[length - 1])
    console.print(Board(run, 40).at(Spent.by(run).seconds, since=0.0, said=0))
    return console.export_html(theme=_THEME, code_format=_TERMINAL)


async def taken(opened: Opened, path: Path, height: int) -> None:
    width = await opened.page.evaluate("innerWidth")
    await opened.page.set_viewport_size({"width": width, "height": height})
    picture = await opened.page.screenshot(path=path)
    assert opened.was_quiet(), (opened.messages, opened.requests)
    assert struct.unpack(">II", picture[16:24]) == (width * 3 // 2, height * 3 // 2)
    assert len(picture) > 40_000  # an empty page takes a tenth of it
