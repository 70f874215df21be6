"""One model at hand, asked again and again at any depth: what a live session's process holds."""
