"""Live: a model that answers while its depth changes."""
