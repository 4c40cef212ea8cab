"""However textattr came to be there, it works, and hides no other package."""

from __future__ import annotations

import pytest

HEAVY = ("tensorflow", "keras", "tf_keras", "pandas", "scipy", "IPython", "matplotlib")


def test_import_and_render(installation) -> None:
    html, places = installation.evaluate(
        "import textattr\n"
        "from textattr.renderers.example import EXAMPLE\n"
        "words = textattr.Words(['<PAD>', '<UNK>', 'good'], unknown=1, splitting='words')\n"
        "assert words('Good grief').ids.tolist() == [2, 1]\n"
        "names = ('textattr', 'textattr.tokenizers.words', 'textattr.renderers.html')\n"
        "result = textattr.format_as_html(EXAMPLE), [sys.modules[name].__file__ for name in names]"
    )
    assert "great" in html
    core, words, rendering = (place.replace("\\", "/") for place in places)
    root = core.removesuffix("textattr/__init__.py")
    inside = "textattr/" if "site-packages" in root else ""
    assert words == f"{root}{inside}tokenizers/words.py"
    assert rendering == f"{root}{inside}renderers/html.py"


def test_no_module_is_there_twice(installation) -> None:
    twice = installation.evaluate(
        "import textattr, textattr.cli, collections\n"
        "files = [f for m in list(sys.modules.values()) if (f := getattr(m, '__file__', None)) and 'textattr' in f]\n"
        "result = [f for f, n in collections.Counter(files).items() if n > 1]"
    )
    assert twice == []


@pytest.mark.parametrize("order", ["textattr, tokenizers", "tokenizers, textattr"])
def test_hugging_face_tokenizers_stays_itself(installation, order: str) -> None:
    pytest.importorskip("tokenizers.models")
    name = installation.evaluate(
        f"import {order}, tokenizers.models\n"
        "model = tokenizers.Tokenizer(tokenizers.models.WordLevel({})).model\n"
        "result = type(model).__module__"
    )
    assert name == "tokenizers.models"


def test_import_is_light(installation) -> None:
    loaded = installation.evaluate(
        f"import textattr\nresult = [name for name in {HEAVY} if name in sys.modules]"
    )
    assert loaded == []


def test_command_line_starts_without_tensorflow(installation) -> None:
    done = installation.run("-X", "importtime", "-m", "textattr", "--version")
    assert done.returncode == 0
    assert done.stdout.startswith("textattr ")
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert not imported & set(HEAVY)
