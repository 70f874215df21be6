"""One model that changes its depth while it runs."""
