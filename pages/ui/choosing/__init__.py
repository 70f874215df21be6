"""What is to be analysed: model, data, task, methods, and what that will cost."""
