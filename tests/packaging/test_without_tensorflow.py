"""TensorFlow is an extra: what needs it says so, and the rest works."""

from __future__ import annotations

import pytest

ADVICE = "pip install 'textattr[tensorflow]'"
MISSING = "import sys\nsys.modules['tensorflow'] = None\n"


@pytest.mark.parametrize(
    "use",
    [
        "textattr.demo.load('sentiment')",
        "textattr.loading.load_model('model.keras')",
        "textattr.explain_prediction(Model(), [1, 2], tokens=['a', 'b'])",
        "textattr.methods.IntegratedGradients().attribute(Model(), [[1, 2]])",
    ],
)
def test_the_first_use_names_the_extra(checkout, use: str) -> None:
    code = (
        f"{MISSING}import zipfile, textattr, textattr.demo, textattr.loading, textattr.methods\n"
        "with zipfile.ZipFile('model.keras', 'w') as file: file.writestr('config.json', '{}')\n"
        "Model = type('Model', (), {'__module__': 'keras.models'})\n"
        f"try: {use}\n"
        "except textattr.errors.MissingExtraError as error: result = str(error), isinstance(error, ImportError)"
    )
    message, is_import_error = checkout.evaluate(code)
    assert ADVICE in message
    assert is_import_error


@pytest.mark.parametrize("command", ["demo", "doctor"])
def test_the_command_line_names_the_extra(checkout, command: str) -> None:
    done = checkout.run("-c", f"{MISSING}from textattr.cli import main\nmain([{command!r}])")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert ADVICE in done.stderr


def test_functions_of_texts_are_explained_without(checkout) -> None:
    weights = checkout.evaluate(
        f"{MISSING}import textattr\n"
        "explanation = textattr.explain_prediction(lambda texts: [t.count('o') for t in texts], 'so good')\n"
        "result = explanation.targets[0].heatmap.tolist()"
    )
    assert weights == [1, 2]


def test_tokenizers_and_renderers_do_without(checkout) -> None:
    ids, text = checkout.evaluate(
        f"{MISSING}import textattr\n"
        "from textattr.renderers.example import EXAMPLE\n"
        "ids = textattr.Words(['<PAD>', '<UNK>', 'good'], unknown=1, splitting='words')('Good.').ids.tolist()\n"
        "result = ids, textattr.format_as_text(EXAMPLE)"
    )
    assert ids == [2, 1]
    assert "great" in text
