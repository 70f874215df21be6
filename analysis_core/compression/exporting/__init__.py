"""A smaller model as a folder that runs without this project."""
