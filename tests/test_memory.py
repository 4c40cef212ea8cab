"""Of each token one number is held, whatever the size of the vectors, and of many documents not more than a group."""

from __future__ import annotations

import subprocess
import sys

MEGABYTE = (
    1024**2 if sys.platform == "darwin" else 1024
)  # `ru_maxrss` counts bytes there, and kilobytes elsewhere

CODE = """
import resource
import keras, numpy as np, textattr

lookup = keras.layers.Embedding(100, 512)
model = keras.Sequential([keras.Input((None,), dtype="int32"), lookup, keras.layers.GlobalAveragePooling1D(),
                          keras.layers.Dense(2, activation="softmax")])
docs = np.random.default_rng(0).integers(1, 100, (1024, 200))
explainer = textattr.Explainer(model, method="gradient_x_input", batch_size=64)

def peak(count):
    assert sum(1 for _ in explainer.explain_many(docs[:count])) == count
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

few = peak(64)
print(peak(len(docs)) - few)
"""


def test_many_documents_of_large_vectors_take_little_more_than_few():
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 150 * MEGABYTE
