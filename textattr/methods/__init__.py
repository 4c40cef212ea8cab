"""The methods, by name: each a frozen dataclass whose fields are its options."""

from __future__ import annotations

from textattr.methods.deeplift import DeepLIFT
from textattr.methods.gradcam import GradCAM
from textattr.methods.gradient import GradientXInput, Saliency
from textattr.methods.integrated_gradients import IntegratedGradients
from textattr.methods.lrp import LRP
from textattr.methods.method import Method, VectorMethod
from textattr.methods.smoothgrad import SmoothGrad

METHODS: dict[str, type[Method]] = {
    "saliency": Saliency,
    "gradient_x_input": GradientXInput,
    "smoothgrad": SmoothGrad,
    "integrated_gradients": IntegratedGradients,
    "deeplift": DeepLIFT,
    "lrp": LRP,
    "gradcam": GradCAM,
}

__all__ = [
    "LRP",
    "METHODS",
    "DeepLIFT",
    "GradCAM",
    "GradientXInput",
    "IntegratedGradients",
    "Method",
    "Saliency",
    "SmoothGrad",
    "VectorMethod",
]
