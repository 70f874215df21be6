"""How an older store becomes the present one, step by step."""
