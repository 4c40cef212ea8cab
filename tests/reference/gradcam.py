"""Grad-CAM, straight from its formula, and as eli5's fork for Keras text models computed it; slow, in float64."""

from __future__ import annotations

import numpy as np
from reference.gradients import gradient
from scipy.interpolate import interp1d


def gradcam(score, hidden, real):
    """sum_k w_k A_tk, w_k the mean over the real units of d score / d A_tk: (U,)."""
    weights = gradient(score, hidden)[real].mean(0)
    return hidden @ weights


def first_version(score, hidden, positions, *, relu, counterfactual, kind):
    """All units count, the gradient is scaled to length 1, the map is stretched end on end: (positions,)."""
    g = gradient(score, hidden)
    g = g / np.sqrt(max(np.square(g).sum(), 1e-12))
    heat = hidden @ (-g if counterfactual else g).mean(0)
    heat = np.maximum(heat, 0) if relu else heat
    return interp1d(np.linspace(0, 1, len(heat)), heat, kind=kind)(np.linspace(0, 1, positions))


def average_of_seers(heat, positions, sees):
    """Each position gets the mean of the units for which `sees(unit, position)`; 0 where there is none."""
    out = np.zeros(positions)
    for t in range(positions):
        seers = [heat[u] for u in range(len(heat)) if sees(u, t)]
        out[t] = np.mean(seers) if seers else 0
    return out
