"""The traced graph of a model, as whatever walks back over its ops needs to know it."""
