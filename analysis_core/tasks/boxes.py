"""Boxes: their forms, how they are matched with objects, and what a match costs.

The matching and the loss are those of DETR (Carion et al. 2020, equations 1 and 2), for one image at a time: the
best one-to-one assignment of objects to queries, then cross-entropy for every query ("no object" counts a tenth),
5 x L1 distance and 2 x (1 - generalised IoU) for the matched ones, divided by the number of the image's objects.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

CLASS_COST, BOX_COST, OVERLAP_COST = 1.0, 5.0, 2.0
BOX_WEIGHT, OVERLAP_WEIGHT, NO_OBJECT_WEIGHT = 5.0, 2.0, 0.1


def corners(boxes: Tensor) -> Tensor:
    """(center x, center y, width, height) as (left, top, right, bottom), ``[..., 4]``."""
    center, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat([center - half, center + half], dim=-1)


def generalised_overlaps(boxes: Tensor, others: Tensor) -> Tensor:
    """Generalised IoU of each box with each other one (Rezatofighi et al. 2019), ``[boxes, others]``, -1 to 1."""
    from torchvision.ops import generalized_box_iou

    found: Tensor = generalized_box_iou(corners(boxes), corners(others))
    return found


def matching(logits: Tensor, boxes: Tensor, classes: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """The cheapest assignment of an image's objects to queries.

    Args:
        logits: ``[queries, classes + 1]``; the last one stands for "no object".
        boxes: ``[queries, 4]``, centers and sizes as shares of the image.
        classes: of the objects, ``[objects]``.
        wanted: boxes of the objects, ``[objects, 4]``.

    Returns:
        Queries and objects that belong together, two tensors ``[objects]``.

    Raises:
        ValueError: a cost is not a number.
    """
    from scipy.optimize import linear_sum_assignment

    with torch.no_grad():
        likely = logits.softmax(-1)[:, classes]
        distance = torch.cdist(boxes, wanted, p=1)
        cost = BOX_COST * distance - CLASS_COST * likely - OVERLAP_COST * generalised_overlaps(boxes, wanted)
        queries, objects = linear_sum_assignment(cost.double().cpu().numpy())
    return torch.from_numpy(queries).to(logits.device), torch.from_numpy(objects).to(logits.device)


def detection_loss(logits: Tensor, boxes: Tensor, classes: Tensor, wanted: Tensor) -> Tensor:
    """The loss of one image, a scalar that is not negative; NaN where the outputs are not finite.

    Args:
        logits, boxes, classes, wanted: as in :func:`matching`.
    """
    if not bool(logits.isfinite().all() & boxes.isfinite().all()):
        return (logits.sum() + boxes.sum()) * torch.nan
    queries, objects = matching(logits, boxes, classes, wanted)
    targets = torch.full((len(logits),), logits.shape[-1] - 1, device=logits.device)
    targets[queries] = classes[objects]
    weights = torch.ones(logits.shape[-1], device=logits.device)
    weights[-1] = NO_OBJECT_WEIGHT
    loss = functional.cross_entropy(logits, targets, weights)
    if len(objects):
        found, right = boxes[queries], wanted[objects]
        distance = (found - right).abs().sum()
        separation = (1 - generalised_overlaps(found, right).diagonal()).sum()
        loss = loss + (BOX_WEIGHT * distance + OVERLAP_WEIGHT * separation) / len(objects)
    return loss
