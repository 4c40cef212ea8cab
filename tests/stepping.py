"""Integrated gradients by steps behind the frontier, beside those by steps of the whole model."""

from unittest.mock import patch

import keras
import numpy as np
from keras import layers

from textattr import followed
from textattr.methods import IntegratedGradients
from textattr.split.model import SplitModel
from textattr.split.rows import Rows


def both_ways(model, inputs):
    """By four steps behind the frontier, and by four of the whole model."""
    split = SplitModel(model)
    arrays = split.checked(inputs)
    rows = Rows.predicted(arrays, split.head(arrays), per_number=True)
    found = []
    for is_seen in (True, False):
        split._programs.clear()
        with patch.object(followed, "shows_new_ops", lambda _, is_seen=is_seen: is_seen):
            found.append(IntegratedGradients(steps=4, baseline="zero").explain_group(split, rows))
    return found


def assert_same(found, plain, tolerance):
    assert (plain.diagnostics["affine_pieces"] == 0).all()
    for name in ("numbers", "others"):
        for a, b in zip(getattr(found, name), getattr(plain, name), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * max(np.abs(b).max(), 1e-12))
    for name in ("baseline_score", "completeness_error"):
        a, b = (each.diagnostics[name] for each in (found, plain))
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * (1 + np.abs(plain.value)).max())


class Layer(layers.Layer):
    def __init__(self, function, **options):
        super().__init__(**options)
        self.function = function

    def call(self, x):
        return self.function(x)

    def compute_output_spec(self, x):
        return keras.KerasTensor((x.shape[0], None, x.shape[-1]))
