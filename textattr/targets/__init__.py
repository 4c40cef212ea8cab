"""What is to be explained: from what a user typed to `Target` objects, and from these to one score per row."""
