"""The methods, by name: each a frozen dataclass whose fields are its options."""

from __future__ import annotations

from textattr.methods.deeplift import DeepLIFT
from textattr.methods.gradcam import GradCAM
from textattr.methods.gradient import GradientMethod, GradientXInput, Saliency
from textattr.methods.integrated_gradients import IntegratedGradients
from textattr.methods.lime import LIME
from textattr.methods.lrp import LRP
from textattr.methods.method import Method, VectorMethod
from textattr.methods.occlusion import Occlusion
from textattr.methods.perturbation import PerturbationMethod
from textattr.methods.shapley_sampling import ShapleySampling
from textattr.methods.smoothgrad import SmoothGrad
from textattr.split.rows import Attribution

METHODS: dict[str, type[Method]] = {
    "saliency": Saliency,
    "gradient_x_input": GradientXInput,
    "smoothgrad": SmoothGrad,
    "integrated_gradients": IntegratedGradients,
    "deeplift": DeepLIFT,
    "lrp": LRP,
    "gradcam": GradCAM,
    "occlusion": Occlusion,
    "shapley_sampling": ShapleySampling,
    "lime": LIME,
}

__all__ = [
    "LIME",
    "LRP",
    "METHODS",
    "Attribution",
    "DeepLIFT",
    "GradCAM",
    "GradientMethod",
    "GradientXInput",
    "IntegratedGradients",
    "Method",
    "Occlusion",
    "PerturbationMethod",
    "Saliency",
    "ShapleySampling",
    "SmoothGrad",
    "VectorMethod",
]
