"""Tasks: what a model is asked to do, and how well it does it."""

from analysis_core.tasks import (  # noqa: F401 - each registers itself
    classification,
    detection,
    generation,
    multimodal_retrieval,
    pixel_generation,
    question_answering,
    recommendation,
    regression,
    reinforcement_learning,
    retrieval,
    segmentation,
    summarization,
    transcription,
    translation,
)
from analysis_core.tasks.base import NO_TARGET, TASKS, Task, task_for

__all__ = ["NO_TARGET", "TASKS", "Task", "task_for"]
