"""The worker of iNNvestigate, which needs TensorFlow without eager execution."""

from __future__ import annotations

from typing import Any

from work import STEPS, Case, Loaded, Method, run

METHODS = {
    "input_t_gradient": ("gradient_x_input", {}),
    "integrated_gradients": ("integrated_gradients", {"steps": STEPS, "reference_inputs": 0.0}),
    "lrp.epsilon": ("lrp", {}),
}


def load(case: Case) -> Loaded:
    import tensorflow as tf

    tf.compat.v1.disable_eager_execution()
    import innvestigate
    from keras_network import networks, vectors_of

    whole, behind = networks(case)

    def analyzer(name: str, options: dict[str, Any]) -> Any:
        found = innvestigate.create_analyzer(name, behind, **options)
        return lambda ids: found.analyze(vectors_of(case, ids)).sum(-1)

    return Loaded(
        lambda ids: whole.predict(ids, verbose=0),
        tuple(
            Method(name, like, lambda name=name, options=options: analyzer(name, options))
            for name, (like, options) in METHODS.items()
        ),
    )


if __name__ == "__main__":
    run(load, ("innvestigate", "tensorflow", "tensorflow-cpu", "keras", "numpy"))
