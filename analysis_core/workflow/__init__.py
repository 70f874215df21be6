"""Whole pieces of work, each from a model and its examples to a stored value: analyse, compress."""
