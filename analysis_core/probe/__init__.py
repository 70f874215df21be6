"""The one mechanism under every method: a shared pass that all methods feed on, and replay from any layer."""
