"""First paint, warm and cold, beside an empty page of Streamlit itself: what is ours, and what is the frame's."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.conftest import ROOT, Server, browser, end_workers, server  # noqa: F401 - fixtures

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]
Record = Callable[..., None]
MARKS = {
    "/": "Which layers matter",
    "/Explore": "Rank the layers",
    "/What_if": "What if layers were gone",
    "/Compare": "Lay runs side by side",
    "/Runs": "Every run",
    "/Learn": "Six short lessons",
    "/Live": "Change the depth while it runs",  # last: it has a model loaded
}
BARE = "import streamlit as st\n\nst.title('Which layers matter')\n"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
VISITS, STARTS = 7, 5


@pytest.mark.parametrize("cache", ["empty", "filled"])
def test_first_paint_warm(
    cache: str,
    browser: Browser,  # noqa: F811 - the fixture of that name
    server: Server,  # noqa: F811
    tmp_path: Path,
    record: Record,
) -> None:
    note = f"median of {VISITS - 1} visits, warm server, browser cache {cache}"
    with _bare_server(tmp_path) as bare_url:
        bare = _visits(browser, bare_url, MARKS["/"], cache)
        record(f"first paint of an empty Streamlit page, browser cache {cache}, seconds", bare[1], None, note)
        for path, mark in MARKS.items():
            painted, headline = _visits(browser, server.url + path, mark, cache)
            record(f"first contentful paint of {path}, browser cache {cache}, seconds", painted, 1.0, note)
            record(f"headline of {path} visible, browser cache {cache}, seconds", headline, 1.0, note)
            record(f"headline of {path} / empty Streamlit page, browser cache {cache}", headline / bare[1], None, note)


def test_first_paint_cold(browser: Browser, tmp_path: Path, record: Record) -> None:  # noqa: F811
    browser.new_page().close()
    ours, bare = [], []
    for turn in range(STARTS):  # in turns, so that a noisy minute strikes both
        bare.append(_cold(browser, lambda: _bare_server(tmp_path), MARKS["/"]))
        home = tmp_path / f"home-{turn}"
        ours.append(_cold(browser, lambda home=home: _server(ROOT, home), MARKS["/"]))
        end_workers(home)
    note = f"median of {STARTS} starts, from the command to the visible headline, browser already open, cache empty"
    record("cold start of Home, seconds", statistics.median(ours), 3.0, note)
    record("cold start of an empty Streamlit page, seconds", statistics.median(bare), None, note)


def _visits(browser: Browser, url: str, mark: str, cache: str) -> tuple[float, float]:  # noqa: F811
    """Seconds to the first contentful paint and to the visible headline, medians without the first visit."""
    painted, visible = [], []
    context = _context(browser)
    for _ in range(VISITS):
        if cache == "empty":
            context.close()
            context = _context(browser)
        began = time.perf_counter()
        tab = context.new_page()
        tab.goto(url, wait_until="commit")
        expect(tab.get_by_text(mark).first).to_be_visible()
        visible.append(time.perf_counter() - began)
        painted.append(float(tab.evaluate(PAINTED)))
        tab.wait_for_timeout(1000)
        tab.close()
    context.close()
    return statistics.median(painted[1:]), statistics.median(visible[1:])


def _cold(browser: Browser, started: Callable[[], object], mark: str) -> float:  # noqa: F811
    context = _context(browser)
    began = time.perf_counter()
    with started() as url:  # type: ignore[attr-defined]
        tab = context.new_page()
        tab.goto(url, wait_until="commit")
        expect(tab.get_by_text(mark).first).to_be_visible()
        waited = time.perf_counter() - began
        context.close()
    return waited


def _context(browser: Browser) -> BrowserContext:  # noqa: F811
    return browser.new_context(viewport={"width": 1280, "height": 800})


@contextmanager
def _bare_server(folder: Path) -> Iterator[str]:
    (folder / "app.py").write_text(BARE)
    with _server(folder, folder) as url:
        yield url


@contextmanager
def _server(folder: Path, home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.fileWatcherType", "none", "--server.address", "localhost"]
    command += ["--browser.gatherUsageStats", "false"]
    environment = {**os.environ, "LAYERWISE_HOME": str(home), "LAYERWISE_AUTOSTART": "1"}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2):
                    break
            except OSError:
                time.sleep(0.02)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)
