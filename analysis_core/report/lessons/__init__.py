"""What the lessons say: one module a lesson, each with its facts, its finding and its question, all computed."""
