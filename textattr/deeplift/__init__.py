"""DeepLIFT: a walk over the ops of the model, run on a text and on a baseline, with multipliers in hand."""
