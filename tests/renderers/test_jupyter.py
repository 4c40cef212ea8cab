"""What people see of a notebook: in a real JupyterLab, light and dark, and as nbconvert exports it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "tutorials" / "01-first-explanation.ipynb"
PATIENCE = 120  # seconds until the server answers and the page stands
THEMES = ("JupyterLab Light", "JupyterLab Dark")
LOWEST_CONTRAST = 4.5
CLEAREST = 1.3  # contrast of the strongest chip with the page around it, at least

# What is seen of an element: its text, its colour, and the colours that lie behind it, the nearest first.
LAYERS = """
(all) => all.map((element) => {
  const behind = [];
  for (let each = element; each; each = each.parentElement) behind.push(getComputedStyle(each).backgroundColor);
  return [element.textContent, getComputedStyle(element).color, behind];
})
"""


class Lab:
    """A JupyterLab with nothing of the user's in it: settings, kernels and workspaces lie in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.settings = folder, folder / "settings"
        (folder / "work").mkdir()
        shutil.copy(TUTORIAL, folder / "work" / "tutorial.ipynb")
        names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
        places = {f"JUPYTER_{name}": str(folder / name.lower()) for name in names} | {
            "JUPYTERLAB_SETTINGS_DIR": str(self.settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=0"]
        command += [
            f"--ServerApp.root_dir={folder / 'work'}",
            "--IdentityProvider.token=",
            "--ServerApp.ip=127.0.0.1",
        ]
        self.said = (folder / "log").open("w", encoding="utf-8")
        environment = {**os.environ, **places}
        self.process = subprocess.Popen(
            command, env=environment, cwd=folder, stdout=self.said, stderr=subprocess.STDOUT
        )
        self.address = self._address(time.monotonic() + PATIENCE)

    def _address(self, end: float) -> str:
        while time.monotonic() < end and self.process.poll() is None:
            for path in (self.folder / "runtime_dir").glob("jpserver-*.json"):
                return str(json.loads(path.read_text(encoding="utf-8"))["url"])
            time.sleep(0.2)
        raise RuntimeError((self.folder / "log").read_text(encoding="utf-8"))

    def wear(self, theme: str) -> None:
        """Have the pages that are opened from now on look like this."""
        path = self.settings / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"theme": theme}), encoding="utf-8")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
        self.said.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed")
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


def rgba(css: str) -> list[float]:
    found = [float(each) for each in re.findall(r"[\d.]+", css)]
    return found if len(found) == 4 else [*found, 1.0]


def seen(layers: list[str]) -> list[float]:
    """The colour that comes of translucent ones over each other, the first on top."""
    colour = [255.0] * 3
    for red, green, blue, alpha in map(rgba, reversed(layers)):
        colour = [
            alpha * one + (1 - alpha) * other for one, other in zip((red, green, blue), colour, strict=True)
        ]
    return colour


def contrast(one: list[float], other: list[float]) -> float:
    """That of WCAG 2.2."""

    def luminance(colour: list[float]) -> float:
        shares = [c / 255 for c in colour]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lower, upper = sorted(map(luminance, (one, other)))
    return (upper + 0.05) / (lower + 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES)
def test_jupyterlab_shows_the_highlights(lab, browser, theme):
    """As a reader gets the tutorial: not trusted, so that JupyterLab takes out what it does not know."""
    lab.wear(theme)
    page = browser.new_page(viewport={"width": 1300, "height": 1000})
    page.goto(f"{lab.address}lab/workspaces/{theme[-4:].strip().lower()}/tree/tutorial.ipynb?reset")
    first = page.locator(".jp-RenderedHTMLCommon ul").first
    first.wait_for(timeout=1000 * PATIENCE)
    is_light = page.locator("body").get_attribute("data-jp-theme-light")
    assert is_light == str(theme.endswith("Light")).lower()
    around = seen(first.evaluate_all(LAYERS)[0][2])
    assert (max(around) < 128) == theme.endswith("Dark")
    chips = {}
    for word in (
        "wonderful",
        "predictable",
    ):  # for and against; each stands in the list of the strongest as well
        in_text = first.locator("[title]", has_text=re.compile(f"^{word}$")).first
        text, ink, behind = in_text.evaluate_all(LAYERS)[0]
        chips[text] = seen(behind)
        assert contrast(seen([ink, *behind]), chips[text]) >= LOWEST_CONTRAST, text
        assert contrast(chips[text], around) >= CLEAREST, text
    assert max(abs(a - b) for a, b in zip(*chips.values(), strict=True)) > 60
    plain = first.evaluate("each => each.innerText")
    assert "<" not in plain
    assert "style=" not in plain
    page.close()


def exported(**options):
    """The notebook as nbconvert exports it."""
    exporters = pytest.importorskip("nbconvert", reason="nbconvert is not installed")
    return exporters.HTMLExporter(**options).from_filename(str(TUTORIAL))[0]


@pytest.mark.slow
def test_a_sanitised_export_keeps_a_readable_list(browser):
    page = browser.new_page()
    page.set_content(exported(sanitize_html=True))
    found = page.locator("ul", has_text="wonderful").first
    lines = [line.strip() for line in found.inner_text().splitlines() if line.strip()]
    assert lines[0].startswith("positive")
    said = " ".join(lines)
    assert "The story is" in said
    assert {"wonderful", "+1.33", "predictable", "−1.10"} <= set(said.split()), said
    # What folds is no part of what nbconvert knows: these two it prints as they stand.
    assert set(re.findall(r"<[^>]*>", said)) == {
        f"<{each}>" for each in ("details", "/details", "summary", "/summary")
    }
    assert "style=" not in said
    page.close()


@pytest.mark.slow
def test_an_export_keeps_the_colours(browser):
    page = browser.new_page()
    page.set_content(exported())
    found = page.locator("[title]", has_text=re.compile("^(wonderful|predictable)$")).evaluate_all(LAYERS)
    assert len(found) >= 2
    assert len({behind[0] for _, _, behind in found}) >= 2
    page.close()
