"""The analyses that the regression learns from: made once, kept as files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
from scipy import stats

from analysis_core.config import AnalysisConfig
from analysis_core.insight.trust import YARDSTICK
from analysis_core.methods import METHODS
from analysis_core.methods.meta_learning import CHEAP_METHODS, layer_features, standardised
from analysis_core.models.catalog import zoo_folder
from analysis_core.probe.needs import FloatArray
from analysis_core.results import AnalysisReport
from analysis_core.vocabulary import Granularity
from analysis_core.zoo import Progress
from analysis_core.zoo.card import CARD, SAMPLE, WEIGHTS, read_json
from analysis_core.zoo.variants import VARIED, trained_variants

DRAWS = ((Granularity.BLOCK, 0), (Granularity.BLOCK, 1), (Granularity.BLOCK, 2), (Granularity.SUBLAYER, 0))
"""What is analysed of each model, and with which seed its examples are drawn."""

EXAMPLES, BATCH_SIZE = 128, 32

LEAST_OVER_MAJORITY = 2.0


def rank_target(ablation: FloatArray) -> FloatArray:
    """Ranks among the model's layers, with mean 0 and standard deviation 1."""
    ranks = stats.rankdata(ablation)
    return np.asarray((ranks - ranks.mean()) / (ranks.std() or 1.0))


TARGETS: Mapping[str, Callable[[FloatArray], FloatArray]] = {"rank": rank_target, "z(asinh)": standardised}


@dataclass(frozen=True)
class Run:
    """A stored analysis, as the regressor sees it.

    Args:
        model, family: which model, and which task of which modality it does.
        granularity: what counted as a layer.
        sha256: of the report's file.
        features: ``[layers, features]``.
        ablation: measured, in nats, ``[layers]``.
        scores: each cheap method's raw scores, ``[layers]``.
    """

    model: str
    family: str
    granularity: str
    sha256: str
    features: FloatArray
    ablation: FloatArray
    scores: Mapping[str, FloatArray]

    @cached_property
    def targets(self) -> dict[str, FloatArray]:
        """The ablation in each of the forms that can be learnt, ``[layers]`` each."""
        return {name: form(self.ablation) for name, form in TARGETS.items()}

    @classmethod
    def read(cls, path: Path) -> Run:
        """From a file that :func:`analyse` wrote."""
        content = path.read_bytes()
        stored = json.loads(content)
        report = AnalysisReport.from_dict(stored["report"])
        scores = {name: np.array(report[name].scores, dtype=np.float64) for name in CHEAP_METHODS}
        return cls(
            model=stored["model"],
            family=f"{report.model['modality']} {report.model['task']}",
            granularity=stored["granularity"],
            sha256=hashlib.sha256(content).hexdigest(),
            features=layer_features(scores, report.layers),
            ablation=np.array(report[YARDSTICK].scores, dtype=np.float64),
            scores=scores,
        )


def models(variants: Path | None) -> list[Path]:
    """Folders of the embedded models that have variants, and of those variants that learnt something."""
    folders = [zoo_folder() / name for name in sorted(VARIED) if (zoo_folder() / name / CARD).is_file()]
    trained = trained_variants(variants) if variants is not None else ()
    learnt = [variant.folder for variant in trained if variant.accuracy >= LEAST_OVER_MAJORITY * variant.trivial]
    return folders + learnt


def analyse(folders: Sequence[Path], runs: Path, progress: Progress | None = None) -> Iterator[Path]:
    """The files of all models' analyses; those that are not there are made."""
    runs.mkdir(parents=True, exist_ok=True)
    wanted = list(product(folders, DRAWS))
    for place, (folder, (granularity, seed)) in enumerate(wanted):
        card = read_json(folder / CARD)
        path = runs / f"{folder.name}-{card['sha256'][WEIGHTS][:12]}-{granularity}-{seed}.json"
        if progress is not None:
            progress(place / len(wanted), f"{card['id']}: {granularity}s, draw {seed}")
        if not path.exists():
            report = _analysed(folder, granularity, seed)
            facts = {"model": card["id"], "granularity": granularity.value, "seed": seed, "report": report.to_dict()}
            unfinished = path.with_suffix(".unfinished")
            unfinished.write_text(json.dumps(facts, ensure_ascii=False, allow_nan=False), encoding="utf-8")
            unfinished.rename(path)
        yield path


def _analysed(folder: Path, granularity: Granularity, seed: int) -> AnalysisReport:
    """The cheap methods and ablation of one draw of one model."""
    from analysis_core.data.loading import load_examples
    from analysis_core.models.loading import load_model
    from analysis_core.models.sublayers import SublayerModel
    from analysis_core.workflow.analysis import analyze
    from analysis_core.workflow.examples import SEARCH, prepare

    whole = load_model(str(folder))
    part = prepare(whole, load_examples(whole, folder / SAMPLE), SEARCH, BATCH_SIZE, EXAMPLES, seed)
    model = SublayerModel(whole, part.batches[0]) if granularity is Granularity.SUBLAYER else whole
    names = (*CHEAP_METHODS, YARDSTICK)
    config = AnalysisConfig(analysis_methods=names, batch_size=BATCH_SIZE, max_samples=EXAMPLES, seed=seed)
    return analyze(model, part.batches, config, {name: METHODS.get(name) for name in names}, data=part.facts)
