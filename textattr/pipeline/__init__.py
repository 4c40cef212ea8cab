"""Documents through a backend, a batch at a time: from requested targets to explanations."""
