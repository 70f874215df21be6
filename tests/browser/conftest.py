"""A real app server with a store of its own, which holds some runs, a real worker, and a real Chromium."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from analysis_core.models.catalog import catalog
from tests.browser.shelf import Shelf, fill
from tests.browser.tabs import like_new

ROOT = Path(__file__).resolve().parents[2]
OUT = Path(__file__).resolve().parent / "out"
CHROMIUM = Path(os.environ.get("LAYERWISE_CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 60
PATIENCE_MILLISECONDS = 30_000  # a busy machine is no defect of a page
# On a deep link Streamlit's browser part first looks for its server below the page's own path.
KNOWN_NOISE = ("_stcore/health", "_stcore/host-config")


@dataclass
class Server:
    """A running app.

    Args:
        url: its address.
        home: the folder of its store.
        shelf: runs that are in the store from the start; None where it began empty.
        complaints: what the console of any of its pages said.
    """

    url: str
    home: Path
    shelf: Shelf | None = None
    complaints: list[str] = field(default_factory=list)

    @contextmanager
    def watching(self, page: Page) -> Iterator[None]:
        """Collect what the page's console and scripts complain about, and fail for it."""
        self.complaints.clear()
        page.on("console", self._heard)
        page.on("pageerror", self._failed)
        yield
        page.remove_listener("console", self._heard)
        page.remove_listener("pageerror", self._failed)
        assert self.complaints == []

    def _failed(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _heard(self, message: ConsoleMessage) -> None:
        where = str(message.location.get("url", ""))
        if message.type == "error" and not any(noise in where for noise in KNOWN_NOISE):
            self.complaints.append(f"{message.text} ({where})")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; install Debian's package 'chromium'")
    expect.set_options(timeout=PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app on a free port; the worker that it starts is ended with it."""
    if not any(card.id == "zoo/text-bert" for card in catalog()):
        pytest.skip("the embedded model zoo/text-bert is not there; train it with `layerwise zoo train text-bert`")
    home = tmp_path_factory.mktemp("app-home")
    shelf = fill(home)  # before the worker is there, so that nobody else takes these runs up
    with serving(home) as url:
        yield Server(url, home, shelf)


@contextmanager
def serving(home: Path, *, autostart: bool = True, log: str = "server.log") -> Iterator[str]:
    """An app for this home, and its address; `autostart` tells whether it may start a worker."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--server.headless", "true"]
    environment = {**os.environ, "LAYERWISE_HOME": str(home), "LAYERWISE_AUTOSTART": str(int(autostart))}
    OUT.mkdir(exist_ok=True)
    with (OUT / log).open("wb") as sink:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=sink, stderr=sink)
        try:
            _wait_until_up(f"http://localhost:{port}/_stcore/health", process)
            yield f"http://localhost:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)
            end_workers(home)


@pytest.fixture
def shelf(server: Server) -> Shelf:
    """The runs that are there from the start."""
    assert server.shelf is not None
    return server.shelf


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A fresh tab of laptop size whose complaints fail the test."""
    with tab_of(browser, server) as tab:
        yield tab


@contextmanager
def tab_of(browser: Browser, server: Server, scheme: str = "light", width: int = 1280) -> Iterator[Page]:
    """A tab in this appearance, as if it were new; what its console complains about fails the test."""
    height = 800 if width == 1280 else 1080
    with like_new(browser, server.url, scheme, width, height) as tab, server.watching(tab):
        tab.set_default_timeout(PATIENCE_MILLISECONDS)
        yield tab


def _wait_until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"the app did not start within {START_SECONDS} s")


def end_workers(home: Path) -> None:
    """End the supervisor of this home, which outlives the app by design."""
    for process in psutil.process_iter(["pid", "environ", "cmdline"]):
        environment = process.info["environ"] or {}
        command = " ".join(process.info["cmdline"] or ())
        if environment.get("LAYERWISE_HOME") == str(home) and "supervisor" in command:
            process.terminate()
