"""Taking layers and parts of blocks out of a model for good."""
