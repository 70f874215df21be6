"""Explore: an analysis asked for, at work, and looked at."""
