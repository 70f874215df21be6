"""What a smaller model keeps, and what it costs."""
