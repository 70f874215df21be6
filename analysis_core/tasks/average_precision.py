"""Average precision of one image's detections, exactly as COCO's evaluation gives it for that image alone.

For each class in the image and each IoU threshold 0.50, 0.55 … 0.95: detections, the surest first, take the best
free object that they overlap enough; precision is made to fall monotonically and averaged at 101 recalls; then the
mean over thresholds and classes (Lin et al. 2014, and COCO's evaluation code).
"""

from __future__ import annotations

import numpy as np

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0.0, 1.0, 101)
MOST_DETECTIONS = 100
SURE = 0.5


def image_average_precision(overlaps: np.ndarray, scores: np.ndarray, labels: np.ndarray, wanted: np.ndarray) -> float:
    """Average precision of one image, 0 to 1.

    Args:
        overlaps: IoU of each detection with each object, ``[detections, objects]``.
        scores: how sure each detection is, ``[detections]``.
        labels: class of each detection, ``[detections]``.
        wanted: class of each object, ``[objects]``. An image without objects counts 1 if no detection is surer than
            one half, else 0.
    """
    if len(wanted) == 0:
        return float((scores <= SURE).all())
    found = []
    for label in np.unique(wanted):
        mine = np.flatnonzero(labels == label)
        surest = mine[np.argsort(-scores[mine], kind="stable")][:MOST_DETECTIONS]
        hits = _hits(overlaps[np.ix_(surest, np.flatnonzero(wanted == label))])
        found.append(_areas(hits, int((wanted == label).sum())).mean())
    return float(np.mean(found))


def _hits(overlaps: np.ndarray) -> np.ndarray:
    """Which detections find an object of their own, at each threshold: ``[thresholds, detections]`` bool."""
    detections, objects = overlaps.shape
    hits = np.zeros((len(THRESHOLDS), detections), dtype=bool)
    taken = np.zeros((len(THRESHOLDS), objects), dtype=bool)
    levels = np.arange(len(THRESHOLDS))
    for detection, row in enumerate(overlaps):
        free = np.where(taken, -1.0, row)
        best = objects - 1 - free[:, ::-1].argmax(1)  # of equal ones the last, as COCO's code does
        hits[:, detection] = free[levels, best] >= THRESHOLDS
        taken[levels, best] |= hits[:, detection]
    return hits


def _areas(hits: np.ndarray, objects: int) -> np.ndarray:
    """Area under each threshold's precision-recall curve, ``[thresholds]``."""
    if hits.shape[1] == 0:
        return np.zeros(len(hits))
    right = hits.cumsum(1)
    precision = right / np.arange(1, hits.shape[1] + 1)
    falling = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    reached = right / objects
    areas = np.zeros(len(hits))
    for level, curve in enumerate(falling):
        places = np.searchsorted(reached[level], RECALLS, side="left")
        areas[level] = curve[places[places < len(curve)]].sum() / len(RECALLS)
    return areas
