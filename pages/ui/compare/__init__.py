"""Compare: two to four runs side by side."""
