"""Which method to believe: `textattr.evaluate`, its metrics and its result."""

from textattr.evaluation.evaluate import evaluate
from textattr.evaluation.metrics import METRICS
from textattr.evaluation.result import Evaluation, MethodRun

__all__ = ["METRICS", "Evaluation", "MethodRun", "evaluate"]
