"""The explained function is the model: what methods run is compared with the model's own answer, at run time."""
