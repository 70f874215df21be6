"""The model that is to be analysed: one from the zoo, or one's own. The address names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analysis_core.data.own import Purpose
from analysis_core.data.preview import columns_read
from analysis_core.data.uploads import find_upload
from analysis_core.errors import ModelError
from analysis_core.models.catalog import ZOO_PREFIX, ModelCard, cached_configuration, cached_model_folder
from analysis_core.models.files import check_folder, read_json
from analysis_core.models.heads import tasks_left_open
from analysis_core.models.peek import Peek, peek, peek_configuration
from analysis_core.runs import paths
from analysis_core.vocabulary import ModalityType, TaskType
from pages.ui.choosing import roots

UPLOAD, FOLDER, HUB = "upload:", "folder:", "hub:"
TIMM = "timm:"
Purposes = Sequence[tuple[ModalityType, TaskType]]


@dataclass(frozen=True)
class Subject:
    """What is known of a model before it is loaded.

    Args:
        key: stands for it in the address.
        id: name by which it is loaded: of the zoo, of the hub, or an absolute path.
        title: for people.
        purposes: what it may be used for; more than one where its configuration leaves that open.
        stacks: how many blocks each stack holds; empty where that shows only once it is loaded.
        parameters: how many numbers it learns; None where that is not known yet.
        labels: names of its classes.
        card: of an embedded model.
        source: where one's own model comes from: one of the prefixes of the address, without its colon.
        architecture: for people.
    """

    key: str
    id: str
    title: str
    purposes: Purposes
    stacks: Mapping[str, int] = field(default_factory=dict)
    parameters: int | None = None
    labels: tuple[str, ...] = ()
    card: ModelCard | None = None
    source: str = ""
    architecture: str = ""

    @property
    def layers(self) -> int | None:
        """How many blocks it has; None where that is not known yet."""
        return self.card.layers if self.card else sum(self.stacks.values()) or None

    @property
    def is_unseen(self) -> bool:
        """Whether nothing but its name is known."""
        return not self.stacks and not self.architecture

    @property
    def is_open(self) -> bool:
        """Whether somebody must say what it is used for."""
        return len(self.purposes) > 1

    def purpose(self, modality: ModalityType, task: TaskType) -> Purpose:
        """What data is wanted for."""
        if self.card is not None:
            return Purpose(modality, task, self.labels, columns_read(self.card), self.card.use)
        return Purpose(modality, task, self.labels)


def of_card(card: ModelCard) -> Subject:
    """An embedded model."""
    stacks = {path: int(blocks) for path, blocks in card.stacks.items()} or {"": card.layers}
    purposes = [(card.modality, card.task)]
    return Subject(
        card.id, card.id, card.title, purposes, stacks, card.parameters, card.labels, card, "zoo", card.architecture
    )


def find(key: str, cards: Sequence[ModelCard]) -> Subject | None:
    """The model that the address names; None where it names none that there is.

    Raises:
        LayerwiseError: it names one's own model, which is gone or refused.
    """
    if key.startswith(UPLOAD):
        upload = find_upload(key.removeprefix(UPLOAD), uploads_folder())
        return of_folder(key, upload.path, "upload")
    if key.startswith(FOLDER):
        folder = check_folder(key.removeprefix(FOLDER), roots.configured())
        return of_folder(key, folder, "folder")
    if key.startswith(HUB):
        return of_hub(key)
    return next((of_card(card) for card in cards if card.id == key), None)


def of_folder(key: str, folder: Path, source: str) -> Subject:
    """A model in a folder of this machine.

    Raises:
        LayerwiseError: its files are refused.
    """
    return _own(key, str(folder), folder.name, source, peek(folder))


def of_hub(key: str) -> Subject:
    """A model of the hub: looked into where the local cache holds it, else known by name only.

    Raises:
        ModelError: the name is none that the hub could have.
        LayerwiseError: the cached files are refused.
    """
    name = key.removeprefix(HUB)
    plain = name.removeprefix(TIMM)
    if not plain or plain.startswith((ZOO_PREFIX, ".", "/", "~")) or plain.count("/") > 1 or " " in plain:
        raise ModelError(
            "This is no name of a model on the hub.", where=name[:80], remedy="Write owner/name, or timm: and a name."
        )
    repository = f"timm/{plain}" if name.startswith(TIMM) else plain
    folder = cached_model_folder(repository)
    if folder is not None:
        return _own(key, name, name, "hub", peek(folder))
    configuration = cached_configuration(repository)
    if configuration is not None:
        return _own(key, name, name, "hub", peek_configuration(read_json(configuration)))
    if name.startswith(TIMM):
        purposes: Purposes = [(ModalityType.VISION, TaskType.CLASSIFICATION)]
    else:
        purposes = tasks_left_open(None, None)
    return Subject(key, name, name, purposes, source="hub")


def uploads_folder() -> Path:
    """Where uploads are kept."""
    return paths.home() / "uploads"


def _own(key: str, name: str, title: str, source: str, seen: Peek) -> Subject:
    return Subject(
        key=key,
        id=name,
        title=title,
        purposes=tasks_left_open(seen.task, seen.modality, seen.architecture),
        stacks=seen.stacks,
        parameters=seen.parameters,
        labels=seen.labels,
        source=source,
        architecture=seen.architecture,
    )
