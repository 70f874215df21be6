"""What if: layers dropped by eye, estimated, measured, exported."""
