"""Any ``torch.nn.Module``: what all kinds of models share once their blocks are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from analysis_core.data.batches import Batch
from analysis_core.errors import MODEL_FAULTS, LayerwiseError, ModelError, first_line
from analysis_core.models.base import UniversalModel
from analysis_core.models.layers import find_layers, observe_shapes
from analysis_core.models.observation import output_of
from analysis_core.results import Layer
from analysis_core.vocabulary import ModalityType, TaskType


class ModuleModel(UniversalModel):
    """A module whose layers are its repeated blocks.

    Args:
        module: the network; left in evaluation mode.
        name, task, modality, summary: as in :class:`UniversalModel`.
        example: inputs for one small forward pass, by which removability and order are observed; None leaves
            both to the structure until :meth:`observe` is called.

    Attributes:
        tokenizer: turns texts into inputs; None where there is none.
        preprocessing: how pictures are scaled; None where there is none.
        companions: settings that stand beside the weights, plain JSON by path; they go along when it is saved.
        library: ``"transformers"``, ``"timm"`` or ``"torch"``: how a smaller copy is saved.
        config_dict: what that library needs to build the module again; empty where it is not known.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        name: str = "model",
        task: TaskType = TaskType.CLASSIFICATION,
        modality: ModalityType | None = None,
        summary: Mapping[str, Any] | None = None,
        example: Batch | Any | None = None,
        library: str = "torch",
        config_dict: Mapping[str, Any] | None = None,
    ) -> None:
        module.eval()
        self.tokenizer: Any = None
        self.preprocessing: Any = None
        self.companions: dict[str, Any] = {}
        self.library = library
        self.config_dict: dict[str, Any] = dict(config_dict or {})
        self.layer_pattern: str | None = None
        self._example: Batch | Any | None = None
        super().__init__(module, name=name, task=task, modality=modality, summary=summary)
        if example is not None:
            self.observe(example)

    def _initialize_layers(self) -> Sequence[Layer]:
        return find_layers(self.module, self.name, self.layer_pattern)

    def name_layers(self, pattern: str | None) -> tuple[Layer, ...]:
        """Take other modules for the layers: those whose paths match.

        Args:
            pattern: a glob such as ``"encoder.block.*"``, or a regular expression after ``re:``; None finds the
                repeated blocks again.

        Returns:
            The layers, which are also kept; observed on the example that was last run, where there is one.

        Raises:
            ModelError: no module matches; some paths that exist are named.
            ConfigurationError: the regular expression is none.
        """
        before, self.layer_pattern = self.layer_pattern, pattern
        try:
            self.layers = tuple(self._initialize_layers())
        except LayerwiseError:
            self.layer_pattern = before
            raise
        self.layer_modules = self._modules_of_layers()
        self.summary["layer_pattern"] = pattern
        return self.layers if self._example is None else self.observe(self._example)

    def observe(self, x: Batch | Any) -> tuple[Layer, ...]:
        """Run ``x`` once and correct the layers' order and removability by what is seen.

        Args:
            x: a batch, or its inputs; one example is enough.

        Returns:
            The layers, which are also kept.

        Raises:
            ModelError: the model does not run on this input.
        """
        try:
            self.layers = observe_shapes(self.module, self.layers, self._feed(x))
        except MODEL_FAULTS as error:
            raise ModelError(
                f"The model does not run on the example: {first_line(error)}",
                where=self.name,
                remedy="Check that the inputs fit the model's forward.",
            ) from error
        self.layer_modules = self._modules_of_layers()
        self._example = x
        return self.layers

    @property
    def example(self) -> Batch | None:
        """What was last run to observe the layers, on the model's device; None where nothing was."""
        return None if self._example is None else self._batch_of(self._example)

    def get_layer_output(self, x: Batch | Any, layer_idx: int) -> Tensor:
        """What layer ``layer_idx`` puts out when the model is fed ``x``; differentiable if gradients are on.

        Raises:
            ModelError: the layer did not run, or returned no tensor.
        """
        return output_of(self.layer_modules[layer_idx], self._feed(x), self.layers[layer_idx].name)

    def _feed(self, x: Batch | Any) -> Callable[[], Any]:
        moved = self._batch_of(x)
        return lambda: self.forward(moved)

    def _batch_of(self, x: Batch | Any) -> Batch:
        return (x if isinstance(x, Batch) else Batch(x, None, size=0)).to(self.device)
