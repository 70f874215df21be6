"""Every form of data that people can bring: what it looks like, what it serves, and who reads it.

The app offers this table; :func:`read_data` recognises which row a file or folder belongs to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis_core.data.detection import annotation_file, read_coco
from analysis_core.data.examples import ExampleSet, read_picture_classes
from analysis_core.data.graphs import GraphData, graph_files, read_graph
from analysis_core.data.interaction_files import (
    AMAZON_2018,
    AMAZON_2023,
    AMAZON_2023_CSV,
    MOVIELENS_100K,
    MOVIELENS_CSV,
    PAIRS,
    LogForm,
    read_interactions,
)
from analysis_core.data.interactions import InteractionLog
from analysis_core.data.look import Look, first_look
from analysis_core.data.options import ReadOptions
from analysis_core.data.parallel import file_pair, read_parallel
from analysis_core.data.pictures import PICTURE_SUFFIXES
from analysis_core.data.questions import read_squad
from analysis_core.data.records import RecordSet
from analysis_core.data.segmentation import MASKS, PICTURES, read_masks
from analysis_core.data.sound_folders import read_sound_classes, read_transcribed_sounds, transcript_file
from analysis_core.data.sounds import SOUND_SUFFIXES
from analysis_core.data.table_data import TableData, read_table_data
from analysis_core.errors import DataError, UnknownNameError
from analysis_core.vocabulary import ModalityType, TaskType

Data = ExampleSet | TableData | RecordSet[Any] | InteractionLog | GraphData
"""What a reader gives; all have ``name``, ``len()``, ``sha256`` and ``splits``."""


@dataclass(frozen=True)
class Format:
    """One form of data.

    Args:
        name: by which it is asked for.
        title: as the app shows it.
        looks_like: what the files hold, in one sentence.
        modalities, tasks: what it serves.
        read: gives the examples; takes a path and :class:`ReadOptions`.
        matches: why a file or folder is of this form, in words; empty where it is not.
    """

    name: str
    title: str
    looks_like: str
    modalities: tuple[ModalityType, ...]
    tasks: tuple[TaskType, ...]
    read: Callable[[Path, ReadOptions | None], Data]
    matches: Callable[[Look], str]


def recognise(path: Path) -> tuple[Format, str]:
    """The format of a file or folder, and by what it was recognised.

    Raises:
        DataError: it is none of :data:`FORMATS`; lists them.
    """
    look = first_look(path)
    if found := form_of(look):
        return found
    raise DataError(
        f"This is no form of data that is understood{look.in_words}.",
        where=path.name,
        remedy=f"Understood are: {'; '.join(f'{form.title} ({form.looks_like})' for form in FORMATS)}.",
    )


def form_of(look: Look) -> tuple[Format, str] | None:
    """The form of a file or folder, and by what it was recognised; None where it has none of :data:`FORMATS`."""
    return next(((form, reason) for form in FORMATS if (reason := form.matches(look))), None)


def find_format(name: str) -> Format:
    """The format of that name.

    Raises:
        UnknownNameError: there is none; proposes the nearest.
    """
    found = next((form for form in FORMATS if form.name == name), None)
    if found is None:
        raise UnknownNameError("format", name, [form.name for form in FORMATS])
    return found


def read_data(path: str | Path, format_name: str = "", options: ReadOptions | None = None) -> Data:
    """Read somebody's own data.

    Args:
        path: a file or folder.
        format_name: of :data:`FORMATS`; recognised by the content when empty.
        options: columns, classes, seed, second file.

    Raises:
        DataError: names the first line or file that is wrong, and what was expected.
        UnknownNameError: there is no such format.
    """
    path = Path(path)
    form = find_format(format_name) if format_name else recognise(path)[0]
    return form.read(path, options)


def formats_for(modality: ModalityType, task: TaskType) -> tuple[Format, ...]:
    """The formats that serve a task on a kind of data, in the table's order."""
    return tuple(form for form in FORMATS if modality in form.modalities and task in form.tasks)


def _log(*forms: LogForm) -> Callable[[Look], str]:
    def matches(look: Look) -> str:
        return f"its first line is of the form {look.log_form.expected}" if look.log_form in forms else ""

    return matches


def _is_squad(look: Look) -> str:
    named = look.suffix == ".json" and '"data"' in look.head and '"paragraphs"' in look.head
    return "it holds paragraphs with questions" if named else ""


def _is_coco(look: Look) -> str:
    if look.is_folder:
        return "it holds pictures and a JSON file" if _found(lambda: annotation_file(look.path)) else ""
    named = look.suffix == ".json" and any(f'"{key}"' in look.head for key in ("images", "annotations"))
    return "it lists images and annotations" if named else ""


def _is_masks(look: Look) -> str:
    both = look.is_folder and all((look.path / name).is_dir() for name in (PICTURES, MASKS))
    return f"it holds folders '{PICTURES}' and '{MASKS}'" if both else ""


def _is_transcribed(look: Look) -> str:
    listing = transcript_file(look.path) if look.is_folder else None
    return f"it holds '{listing.name}'" if listing else ""


def _is_graph(look: Look) -> str:
    words = set(look.first_line.lower().replace("\t", ",").split(","))
    if not look.is_folder and not {"source", "target"} <= words:
        return ""
    found = _found(lambda: graph_files(look.path))
    return f"it comes as edges ('{found[0].name}') and nodes ('{found[1].name}')" if found else ""


def _is_parallel(look: Look) -> str:
    found = _found(lambda: file_pair(look.path)) if look.is_folder else None
    return f"'{found[0].name}' and '{found[1].name}' belong together" if found else ""


def _is_table(look: Look) -> str:
    return f"it is a {look.suffix} file" if look.suffix in (".csv", ".tsv", ".parquet") else ""


def _found(look_up: Callable[[], Any]) -> Any:
    """What a reader finds, or None where it would refuse."""
    try:
        return look_up()
    except DataError:
        return None


_M, _T = ModalityType, TaskType

FORMATS: tuple[Format, ...] = (
    Format(
        "squad", "Questions on paragraphs", "JSON in SQuAD's form, 1.1 or 2.0",
        (_M.TEXT,), (_T.QA,), read_squad, _is_squad,
    ),
    Format(
        "amazon-2018", "Amazon reviews, 2014 and 2018", "JSON lines with reviewerID, asin, overall, unixReviewTime",
        tuple(_M), (_T.RECOMMENDATION,), read_interactions, _log(AMAZON_2018),
    ),
    Format(
        "amazon-2023", "Amazon reviews, 2023",
        "JSON lines or CSV with user_id, parent_asin, rating, timestamp in milliseconds",
        tuple(_M), (_T.RECOMMENDATION,), read_interactions, _log(AMAZON_2023, AMAZON_2023_CSV),
    ),
    Format(
        "movielens", "MovieLens ratings", "u.data with tabs, or ratings.csv",
        tuple(_M), (_T.RECOMMENDATION,), read_interactions, _log(MOVIELENS_100K, MOVIELENS_CSV),
    ),
    Format(
        "pairs", "Users and items", "lines 'user item' of numbers, in the order of time",
        tuple(_M), (_T.RECOMMENDATION,), read_interactions, _log(PAIRS),
    ),
    Format(
        "graph", "Graph", "edges.csv with source,target and nodes.csv with node, label and features",
        (_M.GRAPH,), (_T.CLASSIFICATION,), read_graph, _is_graph,
    ),
    Format(
        "coco", "Pictures with boxes", "PNG or JPEG files and a JSON file in COCO's form",
        (_M.VISION,), (_T.DETECTION,), read_coco, _is_coco,
    ),
    Format(
        "masks", "Pictures with masks", "folders images and masks with a PNG of the same name for each picture",
        (_M.VISION,), (_T.SEGMENTATION,), read_masks, _is_masks,
    ),
    Format(
        "transcripts", "Sounds with transcripts", "WAV or FLAC files and transcripts.tsv with lines file<TAB>text",
        (_M.AUDIO,), (_T.GENERATION,), read_transcribed_sounds, _is_transcribed,
    ),
    Format(
        "sound-classes", "Sounds by class", "one folder of WAV or FLAC files a class",
        (_M.AUDIO,), (_T.CLASSIFICATION,), read_sound_classes,
        lambda look: "it holds folders of sounds" if look.holds(SOUND_SUFFIXES) else "",
    ),
    Format(
        "picture-classes", "Pictures by class", "one folder of PNG or JPEG files a class",
        (_M.VISION,), (_T.CLASSIFICATION,), read_picture_classes,
        lambda look: "it holds folders of pictures" if look.holds(PICTURE_SUFFIXES) else "",
    ),
    Format(
        "parallel", "Parallel texts", "two text files, line by line, such as train.en and train.de",
        (_M.TEXT,), (_T.TRANSLATION, _T.SUMMARIZATION, _T.RETRIEVAL), read_parallel, _is_parallel,
    ),
    Format(
        "table", "Table", "CSV or Parquet with a column for each text, number and label",
        (_M.TEXT, _M.TABULAR),
        (_T.CLASSIFICATION, _T.REGRESSION, _T.GENERATION, _T.TRANSLATION, _T.SUMMARIZATION, _T.RETRIEVAL),
        read_table_data, _is_table,
    ),
)  # fmt: skip
"""The most particular first: what fits two is the first."""
