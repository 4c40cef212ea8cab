"""Many explanations as one page for error analysis: what was wrong, with which words, and why."""
