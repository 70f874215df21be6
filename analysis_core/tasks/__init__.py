"""Tasks: what a model is asked to do, and how well it does it."""

from analysis_core.tasks import classification  # noqa: F401 - registers itself
from analysis_core.tasks.base import TASKS, Task, task_for

__all__ = ["TASKS", "Task", "task_for"]
