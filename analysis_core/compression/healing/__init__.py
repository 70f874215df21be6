"""Mending what a removal broke."""
