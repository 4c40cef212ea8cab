"""Documents through a backend, a batch at a time: from what was asked of each to its explanation."""
