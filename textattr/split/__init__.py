"""Cut a Keras model at its lookup layer: ids -> vectors -> scores."""
