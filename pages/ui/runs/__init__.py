"""Runs: what was done, found again, cloned, shared."""
