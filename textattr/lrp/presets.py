"""The presets: lists of rules under the names by which they are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from textattr.checks import shown
from textattr.errors import OptionError
from textattr.lrp.attention import AttnLRP
from textattr.lrp.composite import Composite, Kind, Line, Score, composite
from textattr.lrp.rules import AlphaBeta, Epsilon, Flat, Pass, ZPlus
from textattr.lrp.special import ActivationEpsilon, EpsilonWithBias, EpsilonWithBiasInSums

_CONVOLUTIONS = Kind(
    *(f"{kind}{n}D" for kind in ("Conv", "SeparableConv", "DepthwiseConv") for n in (1, 2)), "Conv1DTranspose"
)
_RECURRENT = Kind("RNN")

Lines = list[Line]


def epsilon(epsilon: float = 1e-6) -> Lines:
    """`Epsilon` everywhere."""
    return [("*", Epsilon(epsilon))]


def epsilon_plus(epsilon: float = 1e-6) -> Lines:
    """`ZPlus` for convolutions, `Epsilon` for everything else."""
    return [(_CONVOLUTIONS, ZPlus()), ("*", Epsilon(epsilon))]


def epsilon_plus_flat(epsilon: float = 1e-6) -> Lines:
    """As `epsilon_plus`, with `Flat` for the first layers."""
    return [(0, Flat()), *epsilon_plus(epsilon)]


def epsilon_alpha2_beta1(epsilon: float = 1e-6) -> Lines:
    """`AlphaBeta(2, 1)` for convolutions, `Epsilon` for everything else."""
    return [(_CONVOLUTIONS, AlphaBeta(2, 1)), ("*", Epsilon(epsilon))]


def epsilon_alpha2_beta1_flat(epsilon: float = 1e-6) -> Lines:
    """As `epsilon_alpha2_beta1`, with `Flat` for the first layers."""
    return [(0, Flat()), *epsilon_alpha2_beta1(epsilon)]


def sequential_a(epsilon: float = 0.1) -> Lines:
    """Preset A of iNNvestigate: `AlphaBeta(1, 0)` for convolutions, `Epsilon` for everything else."""
    return [(_CONVOLUTIONS, AlphaBeta(1, 0)), ("*", Epsilon(epsilon))]


def sequential_b(epsilon: float = 0.1) -> Lines:
    """Preset B of iNNvestigate: `AlphaBeta(2, 1)` for convolutions, `Epsilon` for everything else."""
    return [(_CONVOLUTIONS, AlphaBeta(2, 1)), ("*", Epsilon(epsilon))]


def deep_taylor() -> Lines:
    """Deep Taylor decomposition: `ZPlus` everywhere, and nothing where the score is negative."""
    return [(Score(), Pass()), ("*", ZPlus())]


def deepexplain(epsilon: float = 1e-4) -> Lines:
    """DeepExplain's epsilon-LRP: stabilised at the activations, f(z) / (z + epsilon sign(z)); gates are activations.

    It is there to agree with DeepExplain. In recurrent layers what it divides by comes near 0: take `epsilon` there.
    """
    return [("*", ActivationEpsilon(epsilon))]


def arras_lstm(epsilon: float = 0.001, bias_factor: float = 0.0) -> Lines:
    """Arras et al. 2017: `Epsilon`, in the sums inside recurrent cells too; biases shared by `bias_factor`.

    It is there to agree with their program. Its epsilon is absolute: where the sums of a cell are small, it takes
    much of their relevance, and `epsilon` is the better choice.
    """
    return [
        (_RECURRENT, EpsilonWithBiasInSums(epsilon, bias_factor)),
        ("*", EpsilonWithBias(epsilon, bias_factor)),
    ]


def attnlrp(epsilon: float = 0.0) -> Lines:
    """AttnLRP, Achtibat et al. 2024: `AttnLRP` for all but recurrent layers, whose gates stay gates."""
    return [(_RECURRENT, Epsilon(epsilon)), ("*", AttnLRP(epsilon))]


def cplrp(epsilon: float = 0.0) -> Lines:
    """CP-LRP, Ali et al. 2022: attention weights are constants, as gates are, and so are deviations."""
    return [("*", Epsilon(epsilon))]


PRESETS: Mapping[str, Callable[..., list[Any]]] = {
    "epsilon": epsilon,
    "epsilon_plus": epsilon_plus,
    "epsilon_plus_flat": epsilon_plus_flat,
    "epsilon_alpha2_beta1": epsilon_alpha2_beta1,
    "epsilon_alpha2_beta1_flat": epsilon_alpha2_beta1_flat,
    "sequential_a": sequential_a,
    "sequential_b": sequential_b,
    "deep_taylor": deep_taylor,
    "deepexplain": deepexplain,
    "arras_lstm": arras_lstm,
    "attnlrp": attnlrp,
    "cplrp": cplrp,
}


def recommended(*, has_attention: bool) -> str:
    """The preset that `rules="auto"` means for a model: `attnlrp` where a layer of it is attention.

    The first layer of a text model reads word vectors of either sign: what `Flat` and `ZPlus` leave out there are the
    very words that speak against the score. So `epsilon`, for recurrent, convolutional and dense layers alike.
    """
    return "attnlrp" if has_attention else "epsilon"


def chosen_rules(rules: Any) -> Composite:
    """What `rules=` means, but for "auto".

    Raises:
        OptionError: for an unknown preset, or what is no list of rules.
    """
    if not isinstance(rules, str):
        return composite(rules)
    if rules not in PRESETS:
        raise OptionError(f"unknown preset {shown(rules)}: the presets are auto, {', '.join(PRESETS)}")
    return _made_by(PRESETS[rules])


@cache
def _made_by(preset: Callable[[], Lines]) -> Composite:
    return composite(preset())


def rules_for(rules: Any, *, has_attention: bool) -> tuple[Composite, str | None]:
    """What `rules=` means for a model that has attention or not, and the name of the preset where "auto" chose it."""
    if not is_auto(rules):
        return chosen_rules(rules), None
    name = recommended(has_attention=has_attention)
    return chosen_rules(name), name


def is_auto(rules: Any) -> bool:
    """Whether the model decides."""
    return isinstance(rules, str) and rules == "auto"
