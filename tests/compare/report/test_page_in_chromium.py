"""The page in a real browser: nothing to complain about, nothing wider than a phone."""

import html
import shutil
import subprocess

import pytest

from compare.report.html import render

from . import samples

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["gpu", "quic", "background-networking", "component-update", "sync"]
# A window is at least 500 pixels wide, so the page goes into a frame.
FRAME = """<iframe style="width: {width}px; height: 800px; border: 0" srcdoc="{page}"></iframe>
<script>onload = () => {{
  const page = document.querySelector("iframe").contentDocument;
  document.title = page.documentElement.scrollWidth + " wide, " + page.querySelectorAll("svg").length + " pictures";
}}</script>"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")


@pytest.mark.parametrize("width", (390, 1200))
def test_the_page_is_no_wider_than_the_window_and_logs_nothing(width, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(FRAME.format(width=width, page=html.escape(render(samples.run()))))
    shown = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--no-first-run",
            "--hide-scrollbars",
            "--enable-logging=stderr",
            *(f"--disable-{part}" for part in QUIET),
            f"--user-data-dir={tmp_path}/profile",
            "--window-size=1300,900",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert f"<title>{width} wide, 3 pictures</title>" in shown.stdout, shown.stderr
    assert "CONSOLE" not in shown.stderr
