"""From what a user types, a name and options, to a method; with help where it is misspelt."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from textattr.checks import shown
from textattr.errors import OptionError
from textattr.methods import METHODS
from textattr.methods.auto import FOR_KERAS, Automatic
from textattr.methods.method import Method, option_names

# What other programs call our methods and options.
_METHODS_ELSEWHERE = {
    "grad*input": "gradient_x_input",
    "gradient*input": "gradient_x_input",
    "input_x_gradient": "gradient_x_input",
    "inputxgradient": "gradient_x_input",
    "gradxinput": "gradient_x_input",
    "gradient": "saliency",
    "intgrad": "integrated_gradients",
    "ig": "integrated_gradients",
    "integratedgradients": "integrated_gradients",
    "noise_tunnel": "smoothgrad",
    "elrp": "lrp",
    "grad-cam": "gradcam",
    "grad_cam": "gradcam",
    "shap": "shapley_sampling",
    "shapley": "shapley_sampling",
    "shapley_values": "shapley_sampling",
    "owen": "shapley_sampling",
    "leave_one_out": "occlusion",
    "leave-one-out": "occlusion",
    "feature_ablation": "occlusion",
    "lime_text": "lime",
    "deepshap": "deeplift",
}
_OPTIONS_ELSEWHERE = {
    "n_steps": "steps",
    "num_steps": "steps",
    "baselines": "baseline",
    "internal_batch_size": "batch_size",
    "nt_samples": "samples",
    "n_samples": "samples",
    "nsamples": "samples",
    "num_samples": "samples",
    "num_features": "features",
    "window_shape": "window",
    "sliding_window_shapes": "window",
    "step": "stride",
    "strides": "stride",
    "baseline": "replacement",
    "replace_value": "replacement",
    "max_evals": "max_evaluations",
    "perturbations_per_eval": "batch_size",
    "stdevs": "noise",
    "noise_level": "noise",
    "stdev_spread": "noise",
    "target": "targets",
    "xs": "doc",
    "class_names": "target_names",
    "interpolation": "interpolation_kind",
}


def choose_method(
    method: Any, options: dict[str, Any], settings: tuple[str, ...], automatic: Automatic = FOR_KERAS
) -> Method:
    """The method that a name and options mean.

    Args:
        method: "auto", a name in `METHODS`, or an instance.
        options: what else was passed by keyword.
        settings: names of the caller's own arguments, for the nearest match.
        automatic: what "auto" means.

    Raises:
        OptionError: for an unknown name or option, or an instance together with options.
    """
    if isinstance(method, Method):
        if options:
            raise OptionError(
                f"a method given as an instance brings its own options: got {method!r} together with "
                f"{', '.join(options)}; put them inside, as in {type(method).__name__}({next(iter(options))}=...)"
            )
        return method
    if isinstance(method, type) and issubclass(method, Method):
        raise OptionError(f"expected an instance, got the class: write {method.__name__}()")
    if not isinstance(method, str):
        raise OptionError(f"method must be a name or an instance from textattr.methods, got {shown(method)}")
    if method != "auto" and method not in METHODS:
        raise OptionError(_unknown_method(method))
    kind = automatic.takes_options_of if method == "auto" else METHODS[method]
    known = option_names(kind)
    for option in options:
        if option not in known:
            raise OptionError(_unknown_option(option, kind.name, known, settings))
    return automatic.of(options) if method == "auto" else kind(**options)


def _unknown_method(name: str) -> str:
    ours = _METHODS_ELSEWHERE.get(name.lower())
    if ours in METHODS:
        return f"unknown method {name!r}: it is called {ours!r} here"
    near = get_close_matches(name.lower(), METHODS, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown method {shown(name)}: {hint}The methods are {', '.join(METHODS)}"


def _unknown_option(option: str, method: str, known: list[str], settings: tuple[str, ...]) -> str:
    ours = _OPTIONS_ELSEWHERE.get(option)
    if ours in known or ours in settings and not get_close_matches(option, known, 1):
        return f"unknown option {option!r}: it is called {ours!r} here"
    owners = [name for name, kind in METHODS.items() if option in option_names(kind)]
    if owners:
        wanted = " or ".join(f"method={owner!r}" for owner in owners)
        return f"{option!r} is no option of {method}: add {wanted}"
    candidates = [*known, *settings]
    near = get_close_matches(option, candidates, 1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"unknown option {option!r} of {method}: {hint}The options are {', '.join(known) or 'none'}"
