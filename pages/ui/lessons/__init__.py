"""Learn: the page, and its lessons, one module each."""
