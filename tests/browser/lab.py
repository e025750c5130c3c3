"""JupyterLab on this machine alone, and headless Chromium looking at it."""

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def lab(home: Path):
    """Start `workbook lab` with folders of its own; yields its address and token."""
    port, token = free_port(), secrets.token_hex(16)
    own = {f"JUPYTER_{n}_DIR": str(home / n.lower()) for n in ("CONFIG", "DATA", "RUNTIME")}
    own |= {
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "IPYTHONDIR": str(home / "ipython"),
    }
    command = [
        sys.executable, "-m", "workbook.cli", "lab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}", "--expose-app-in-browser",
    ]  # fmt: skip
    log = (home / "lab.log").open("w+")
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **own})
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/api/status?token={token}", timeout=5).close()
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"JupyterLab did not start:\n{(home / 'lab.log').read_text()}")
            time.sleep(0.2)
        yield address, token
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def keep_pictures(**parts):
    """Screenshots of parts of a page, each by its name, where WORKBOOK_SCREENSHOTS asks for them."""
    if os.environ.get("WORKBOOK_SCREENSHOTS"):
        ARTIFACTS.mkdir(exist_ok=True)
        for name, part in parts.items():
            part.screenshot(path=ARTIFACTS / f"{name.replace('_', '-')}.png")


@contextlib.contextmanager
def page(address: str, name: str):
    """A page that remembers requests to other machines and console errors; a failing test leaves a screenshot."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        shown = browser.new_context(viewport={"width": 1300, "height": 1000}).new_page()
        shown.set_default_timeout(30_000)
        shown.strangers, shown.faults = [], []
        own = (address, address.replace("http", "ws", 1), "data:", "blob:", "about:")
        shown.on("request", lambda r: r.url.startswith(own) or shown.strangers.append(r.url))
        shown.on("websocket", lambda s: s.url.startswith(own) or shown.strangers.append(s.url))
        shown.on("console", lambda m: m.type == "error" and shown.faults.append(m.text[:300]))
        shown.on("pageerror", lambda e: shown.faults.append(f"page error: {str(e)[:300]}"))
        try:
            yield shown
        except BaseException:
            ARTIFACTS.mkdir(exist_ok=True)
            shown.screenshot(path=ARTIFACTS / f"{name}.png")
            (ARTIFACTS / f"{name}.json").write_text(
                json.dumps({"strangers": shown.strangers, "faults": shown.faults}, indent=1)
            )
            raise
        finally:
            browser.close()


def open_notebook(shown, address: str, token: str, path: str) -> None:
    """Open a notebook and wait until its kernel is idle."""
    shown.goto(f"{address}/lab/tree/{path}?token={token}&reset")
    shown.wait_for_selector(".jp-Notebook .jp-Cell")
    shown.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")


def run_all(shown, timeout: int = 120_000) -> None:
    """Run every cell. An idle kernel may not be connected yet: a silent request proves that it is."""
    shown.wait_for_function(
        "() => window.jupyterapp && window.jupyterapp.commands.hasCommand('notebook:run-all-cells')"
    )
    shown.evaluate(
        """async () => {
            const app = window.jupyterapp; await app.restored;
            const session = app.shell.currentWidget.context.sessionContext; await session.ready;
            await session.session.kernel.info;
            await session.session.kernel.requestExecute({code: 'None', silent: true, store_history: false}).done;
            await app.commands.execute('notebook:run-all-cells');
        }"""
    )
    shown.wait_for_function(
        """() => { const prompts = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputArea-prompt')]
                .map(e => e.textContent.trim()).filter(Boolean);
             return prompts.length > 0 && prompts.every(t => /^\\[\\d+\\]:?$/.test(t)) }""",
        timeout=timeout,
    )
