"""What the Compare page says."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pages.ui.words.compare_chinese import CHINESE

__all__ = ["CHINESE", "ENGLISH"]

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "compare_title": "Lay runs side by side",
        "compare_lead": "Two to four runs of any models, aligned by relative depth: where do they agree on what "
        "matters?",
        "compare_this": "Compare",
        # choosing
        "compare_runs": "Runs",
        "compare_pick": "Pick two to four finished analyses",
        "compare_runs_help": "Finished analyses, the newest first. They may differ in anything: model, data, seed, "
        "methods, even in what they read. The first one is A.",
        "compare_proposed_model": "Proposed: the two newest analyses of one model.",
        "compare_proposed_newest": "Proposed: the two newest analyses.",
        "compare_proposed_shipped": "Proposed: your analysis beside the result that ships with the app.",
        "compare_filled": "Beside it, as a proposal: {runs}.",
        "compare_empty_title": "There is nothing to compare yet",
        "compare_empty": "It takes two finished analyses: of two models, of one model with two seeds, or with more "
        "examples. Start one; it appears here once it is finished.",
        "compare_empty_one": "One finished analysis is here: {run}. It takes a second one, such as of the same model "
        "with another seed or another sample.",
        "compare_more_title": "One more",
        "compare_more": "Pick at least two runs in the list above.",
        "compare_start": "Start an analysis",
        "compare_open_one": "Look at {run} alone",
        # links that do not hold
        "compare_trouble_title": "Not everything in this link can be shown",
        "compare_gone": "“{run}” is no run of this store: it was deleted, belongs to another machine, or the link is "
        "cut off.",
        "compare_cut_off": "“{part}” is half an id; it fits one run only, {run}, which is shown.",
        "compare_failed": "{run} failed and has no result. {error}",
        "compare_cancelled": "{run} was cancelled and has no result.",
        "compare_going": "{run} is not finished yet. It can be compared once it is.",
        "compare_compression": "{run} is a compression: it says what is left without some layers, not how layers rank.",
        "compare_compression_source": "{run} is a compression; the analysis that it started from stands in for it.",
        "compare_unreadable": "{run} cannot be read. {error}",
        "compare_too_many": "The link names {count} runs; four fit side by side. Left out: {runs}.",
        "compare_no_shipped": "The result that ships with the app is not installed here.",
        "compare_see": "See {run}",
        # what differs
        "compare_differs": "What differs",
        "compare_differs_caption": "Settings of the runs side by side",
        "compare_all_alike": "the same: {value}",
        "compare_model": "Model",
        "compare_task": "Task",
        "compare_layers": "Layers",
        "compare_layers_block": "{count} blocks",
        "compare_layers_sublayer": "{count} parts of blocks",
        "compare_layers_stage": "{count} stages",
        "compare_data": "Data",
        "compare_data_hash": "{name} ({hash})",
        "compare_examples": "Examples",
        "compare_seed": "Seed",
        "compare_methods": "Methods",
        "compare_methods_more": "{count} shared and {more}",
        "compare_methods_many": "{count} shared and {more} further ones",
        "compare_methods_shared": "{count} shared",
        "compare_intact": "Intact model",
        "compare_when": "When",
        "compare_machine": "Machine",
        "compare_took": "Time spent",
        # aligned
        "compare_aligned": "Where they agree",
        "compare_measure": "Compare by",
        "compare_measure_help": "The consensus is each layer's mean rank over the methods that all runs share, from 0 "
        "(least) to 1 (most important). A method shows its own scores; runs that lack it are named below.",
        "compare_consensus": "Consensus of {count} shared methods",
        "compare_consensus_one": "Consensus (one shared method)",
        "compare_consensus_own": "Consensus, each run by its own methods",
        "compare_scale": "Scale",
        "compare_scale_help": "Normalised: each run's scores are stretched to 0 … 1, so that runs of different units "
        "have one axis. Ranks: only the order counts. Raw: as measured.",
        "compare_place": "Layer or depth",
        "compare_place_none": "Mark a layer",
        "compare_place_layer": "Layer {layer}",
        "compare_place_depth": "Relative depth {depth}",
        "compare_nothing_marked": "Click on a point or on a cell, or choose from the list: the layer is marked in all "
        "figures, and its numbers stand here.",
        "compare_place_caption": "Scores and ranks at the marked place",
        "compare_run": "Run",
        "compare_score": "Score, 95 %",
        "compare_rank": "Rank",
        "compare_rank_of": "{rank} of {known}",
        "compare_lacks": "{runs} cannot be compared by {methods}: {why}",
        "compare_not_run": "not run there.",
        "compare_no_scores": "it gave no layer a score there.",
        "compare_same_depth": "All runs have {count} layers and are compared layer by layer. Bands are 95 % intervals "
        "over examples.",
        "compare_other_depth": "The runs have {counts} layers. They are compared at the {places} relative depths of "
        "{run}'s layers; deeper runs are read off there on straight lines between neighbouring layers. Bands are 95 % "
        "intervals over examples.",
        "compare_parts_mixed": "Layers are not the same thing in all runs ({kinds}): one depth holds different parts.",
        "compare_no_interval": "No interval for {runs}: no standard error is known.",
        "compare_none_shared": "No method was run by all: each run's consensus is over methods of its own, and their "
        "agreement says little.",
        # agreement
        "compare_agreement": "Rank agreement",
        "compare_agreement_help": "Spearman's rank correlation ρ = 1 − 6 Σ d² / (n (n² − 1)), d the difference of "
        "ranks at each of n places: 1 the same order, 0 none in common, −1 reversed. Its 95 % interval says how far "
        "other examples could have moved it: scores are drawn a thousand times within their standard errors, which "
        "leans towards less agreement. Paper: C. Spearman, 1904.",
        "compare_agreement_caption": "Spearman's rank correlation between runs",
        "compare_pair": "Pair",
        "compare_correlation": "ρ",
        "compare_interval": "95 % interval",
        "compare_interval_of": "{low} to {high}",
        # differences
        "compare_ranks": "Where they part",
        "compare_ranks_help": "By how many ranks each method puts a place higher in one run than in the other. Purple: "
        "higher in the first; orange: higher in the second.",
        "compare_which_pair": "Which two runs",
        "compare_versus": "{one} against {other}",
        "compare_ranks_note": "Ranks among the {places} places that both runs have. A click on a cell marks its place "
        "and compares by its method.",
        # parallel coordinates
        "compare_parallel": "Method by method",
        "compare_parallel_help": "One line a layer: where it crosses an axis is its rank by that method within its "
        "run. Lines that stay together agree; of more than two runs, the title tells the mean over pairs. Point at "
        "a crossing for the exact score with its interval; a click marks the layer and compares by the method.",
        "compare_colour_by": "Colour by",
        "compare_by_run": "Run",
        "compare_by_depth": "Relative depth",
        "compare_parallel_note_run": "Lines have their run's colour; the layers of the marked place are orange-red.",
        "compare_parallel_note_depth": "Lines go from dark (first layer) to light (last layer); the layers of the "
        "marked place are orange-red.",
        "compare_parallel_few_title": "Too few methods in common",
        "compare_parallel_few": "It takes two methods that all runs share; these share {count}. Methods of some runs: "
        "{methods}.",
        "compare_left_out": "Without a line, because a method gives them no score: layers {layers} of {run}.",
        # tables
        "compare_tables": "Everything as tables",
        "compare_table_places": "{measure}, place by place",
        "compare_table_ranks": "Differences of ranks, {pair} (positive: higher in {one})",
        "compare_table_agreement": "Rank agreement by measure",
        "compare_download": "All scores as CSV",
    }
)
