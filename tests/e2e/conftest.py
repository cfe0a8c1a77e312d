"""Fixtures of the end-to-end tests.

`open_notebook` is what most tests start with:

    def test_something(open_notebook):
        notebook = open_notebook("import labelwidget", "widget")
        notebook.run_all()
        expect(notebook.page.get_by_role("button", name="Done")).to_be_visible()

At the end of each test its pages must have logged no error or warning and its kernels must have
said nothing; a test that brings one about says so with `console(page).expect(...)` or
`server_log.expect(...)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import Console, start_browser
from tests.e2e.jupyter import JupyterServer, start_server
from tests.e2e.notebook import OpenNotebook, write_notebook
from tests.e2e.server_log import ServerLog

ARTIFACTS = Path(__file__).resolve().parent.parent.parent / "artifacts"
VIEWPORT = {"width": 1400, "height": 1000}
ACTION_SECONDS = 30

PHASES = pytest.StashKey[dict[str, pytest.TestReport]]()

OpenNotebookFixture = Callable[..., OpenNotebook]
NewPage = Callable[..., Page]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Iterator[None]:
    report: pytest.TestReport = yield
    item.stash.setdefault(PHASES, {})[report.when] = report
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.e2e)


# Package scope, not session: a started Playwright keeps an event loop in this thread, which the
# tests of other folders must not find running.


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """JupyterLab, started once."""
    with start_server("lab", tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="package")
def notebook7(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """Jupyter Notebook 7, started once, when a test asks for it."""
    with start_server("notebook", tmp_path_factory.mktemp("notebook7")) as server:
        yield server


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with start_browser() as browser:
        yield browser


@pytest.fixture
def consoles() -> dict[Page, Console]:
    """The console of each page of this test."""
    return {}


@pytest.fixture
def console(consoles: dict[Page, Console]) -> Callable[[Page], Console]:
    """The console of a page: `console(page).expect("pattern")`."""
    return consoles.__getitem__


@pytest.fixture
def new_page(
    browser: Browser, consoles: dict[Page, Console], request: pytest.FixtureRequest
) -> Iterator[NewPage]:
    """Make pages; each has a browser profile of its own unless a page to share it with is given.

    Keyword arguments go to Playwright's `Browser.new_context`, such as `color_scheme="dark"`.
    """
    pages: list[Page] = []

    def make(beside: Page | None = None, **options: object) -> Page:
        context = (
            beside.context if beside else browser.new_context(**{"viewport": VIEWPORT, **options})
        )
        page = context.new_page()
        page.set_default_timeout(ACTION_SECONDS * 1000)
        pages.append(page)
        consoles[page] = Console(page)
        return page

    yield make
    phases = request.node.stash.get(PHASES, {})
    if any(report.failed for report in phases.values()):
        for number, page in enumerate(page for page in pages if not page.is_closed()):
            ARTIFACTS.mkdir(exist_ok=True)
            page.screenshot(path=ARTIFACTS / f"failed-{file_name(request)}-{number}.png")
    for context in {page.context for page in pages}:
        context.close()
    messages = [message for one in consoles.values() for message in one.unexpected()]
    assert not messages, "on the browser's console:\n" + "\n".join(messages)


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page of this test alone."""
    return new_page()


@pytest.fixture
def server_log(lab: JupyterServer) -> Iterator[ServerLog]:
    """What JupyterLab and its kernels log during this test, which must be nothing of note."""
    log = ServerLog(lab)
    yield log
    lines = log.noise()
    assert not lines, "in the log of the Jupyter server:\n" + "\n".join(lines)


@pytest.fixture
def folder(lab: JupyterServer, request: pytest.FixtureRequest) -> Path:
    """A folder of this test alone in JupyterLab: its notebooks and their store."""
    path = lab.root / file_name(request)
    path.mkdir()
    return path


def file_name(request: pytest.FixtureRequest) -> str:
    """The name of the running test, fit for a file."""
    return re.sub(r"[^A-Za-z0-9]+", "-", request.node.name).strip("-")[:60]


@pytest.fixture
def open_notebook(
    lab: JupyterServer, folder: Path, server_log: ServerLog, new_page: NewPage
) -> Iterator[OpenNotebookFixture]:
    """Write a notebook of the given cells and open it.

    Args of the function:
        cells: The code of each cell; `%%md` begins a Markdown cell. Without cells the notebook of
            that name is opened as it is.
        name: Its file name, for a second notebook in the same folder.
        page: The page to open it on (default: a new one).
        server: Where (default: JupyterLab).
    """
    used = {lab.url: lab}

    def open_(
        *cells: str,
        name: str = "notebook.ipynb",
        page: Page | None = None,
        server: JupyterServer = lab,
    ) -> OpenNotebook:
        used[server.url] = server
        path = server.root / folder.name / name
        path.parent.mkdir(exist_ok=True)
        if cells:
            write_notebook(path, *cells)
        notebook = OpenNotebook(page or new_page(), server, f"{folder.name}/{name}")
        notebook.open()
        return notebook

    yield open_
    for server in used.values():
        server.stop_kernels()
