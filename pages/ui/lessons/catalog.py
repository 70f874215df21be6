"""The six lessons in their order, and what each needs to be drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis_core.report import lesson_pictures as pictures
from analysis_core.report.lessons.data import LessonData
from analysis_core.report.lessons.groups import similarities
from analysis_core.report.palette import Palette
from pages.ui.lessons import first_layer, groups, price, sets, stream, two_methods
from pages.ui.showcase import Showcase

MINUTES = 3


@dataclass(frozen=True)
class Shelf:
    """What is installed of the shipped results."""

    data: LessonData
    shown: Showcase | None


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Args:
        name: in the address.
        title, line: keys of its title and of the line on its card.
        draw: draws it.
        picture: its small picture as SVG; None where what it shows is not installed.
        from_showcase: whether it shows the result that the app opens with.
        minutes: how long it takes to read aloud.
    """

    name: str
    title: str
    line: str
    draw: Callable[[Shelf], None]
    picture: Callable[[Shelf, Palette], str | None]
    from_showcase: bool = False
    minutes: int = MINUTES


def _price_picture(shelf: Shelf, palette: Palette) -> str | None:
    return pictures.price_picture(shelf.shown.outcomes, palette) if shelf.shown else None


def _groups_picture(shelf: Shelf, palette: Palette) -> str | None:
    table = similarities(shelf.shown.report) if shelf.shown else None
    return pictures.groups_picture(table, palette) if table else None


def _with(draw: Callable[[Showcase], None]) -> Callable[[Shelf], None]:
    return lambda shelf: draw(shelf.shown) if shelf.shown else None


LESSONS = (
    Lesson(
        first_layer.NAME,
        "learn_first_title",
        "learn_first_line",
        lambda shelf: first_layer.draw(shelf.data),
        lambda shelf, palette: pictures.first_layer_picture(shelf.data, palette),
    ),
    Lesson(
        two_methods.NAME,
        "learn_pair_title",
        "learn_pair_line",
        lambda shelf: two_methods.draw(shelf.data),
        lambda shelf, palette: pictures.pair_picture(shelf.data, *two_methods.FIRST, palette),
    ),
    Lesson(
        sets.NAME,
        "learn_sets_title",
        "learn_sets_line",
        lambda shelf: sets.draw(shelf.data),
        lambda shelf, palette: pictures.sets_picture(shelf.data, palette),
    ),
    Lesson(price.NAME, "learn_price_title", "learn_price_line", _with(price.draw), _price_picture, from_showcase=True),
    Lesson(
        stream.NAME,
        "learn_stream_title",
        "learn_stream_line",
        lambda shelf: stream.draw(shelf.data),
        lambda shelf, palette: pictures.stream_picture(shelf.data, palette),
    ),
    Lesson(
        groups.NAME, "learn_groups_title", "learn_groups_line", _with(groups.draw), _groups_picture, from_showcase=True
    ),
)
