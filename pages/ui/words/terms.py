"""The glossary: what the pages' terms mean, in a sentence or two; formulas and papers are in :mod:`pages.ui.terms`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pages.ui.words import terms_metrics
from pages.ui.words.terms_chinese import CHINESE as CHINESE_TERMS

__all__ = ["CHINESE", "ENGLISH"]

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        **terms_metrics.ENGLISH,
        "term_row": "Terms in this figure",
        "term_source": "Source: {source}",
        "term_line": "**{name}** — {sentence}",
        # a model and its parts
        "term_block": "Block",
        "term_block_is": "The unit that repeats in a network: in a transformer, attention and a feed-forward part, "
        "each added to what came in. A layer is a block here unless it says otherwise.",
        "term_part": "Part of a block",
        "term_part_is": "Half of a transformer block: attention, which moves information between tokens, or the "
        "feed-forward part, which changes each token by itself.",
        "term_stage": "Stage",
        "term_stage_is": "Blocks in a row that work at one resolution and width; they are scored and taken out as one.",
        "term_stack": "Stack",
        "term_stack_is": "A row of blocks of its own: an encoder reads the input, a decoder writes the output, the two "
        "towers of a retrieval model read what is sought and where.",
        "term_parameters": "Parameters",
        "term_parameters_is": "The numbers that training has set. They are counted, tied ones once.",
        "term_residual": "Residual stream",
        "term_residual_is": "The hidden state that runs through all blocks; each block adds an update to it. That is "
        "why a block can be skipped at all.",
        "term_hidden": "Hidden state",
        "term_hidden_is": "The vector by which a layer holds a token, a patch or an example.",
        # scores and ranks
        "term_score": "Score",
        "term_score_is": "One number a layer by one method, higher is more important. Units differ between methods, so "
        "compare layers within a method only.",
        "term_rank": "Rank",
        "term_rank_is": "A layer's place when layers are ordered by a score: 1 is the most important. Layers that tie "
        "share the mean of their places.",
        "term_normalised": "Normalised",
        "term_normalised_is": "Stretched so that the least important layer has 0 and the most important 1.",
        "term_relative_depth": "Relative depth",
        "term_relative_depth_is": "How deep a layer lies, from 0 for the first to 1 for the last: so that models of "
        "different depth can be laid side by side. l is the layer, n how many there are.",
        "term_consensus": "Consensus",
        "term_consensus_is": "One ranking out of those of several methods, from 0 (least important) to 1 (most). Ranks "
        "only, because scores have different units.",
        "term_mean_rank": "Mean rank",
        "term_mean_rank_is": "The mean over methods of a layer's place; every method m counts the same. r is the rank "
        "counted from the least important layer, n the number of layers.",
        "term_borda": "Borda count",
        "term_borda_is": "The share of its duels with other layers that a layer wins, over all methods. A method "
        "counts by how many layers it compares; ties count half. w are duels won, d all duels.",
        "term_median_rank": "Median rank",
        "term_median_rank_is": "The middle one of a layer's places by the methods m. One odd method among three or "
        "more "
        "that agree moves nothing.",
        "term_kendall": "Kendall's tau",
        "term_kendall_is": "How alike two rankings are: 1 the same order, 0 none in common, −1 reversed. C and D "
        "count the pairs of layers on which they agree and disagree, S and T the pairs that only one of them ties.",
        "term_spearman": "Spearman's rank correlation",
        "term_spearman_is": "How alike two rankings are: 1 the same order, 0 none in common, −1 reversed. d is the "
        "difference of a layer's two ranks, n the number of layers.",
        # figures and how sure they are
        "term_measured": "Measured",
        "term_measured_is": "The model was really built and run. What is measured has a solid frame or a filled mark; "
        "what is estimated a dashed frame or a hollow one.",
        "term_estimated": "Estimated",
        "term_estimated_is": "A guess from what was measured of single layers and of other sets, with an error bar. "
        "Measuring puts the truth in its place.",
        "term_counted": "Counted",
        "term_counted_is": "Exact: it follows from the layers that stay, without noise.",
        "term_interval": "95 % interval",
        "term_interval_is": "Where the value would lie with other examples of the same kind: in 95 of 100 repetitions "
        "such an interval holds the true value. SE is the standard error.",
        "term_error_bar": "90 % error bar",
        "term_error_bar_is": "In nine of ten cases the measurement falls inside; σ is the guess's standard deviation. "
        "It comes from a Gaussian process over "
        "sets of layers; every measurement that falls outside widens those to come, every one inside narrows them.",
        "term_standard_error": "Standard error",
        "term_standard_error_is": "By how much a mean over examples would scatter, were others drawn. s is the spread "
        "of single examples, N their number.",
        "term_seed": "Seed",
        "term_seed_is": "The number from which every random choice of a run follows. The same seed gives the same "
        "result; another one shows what chance contributes.",
        "term_held_out": "Held-out examples",
        "term_held_out_is": "Examples that the model was not trained on. Search examples choose layers, test examples "
        "measure the result: what chose cannot flatter what is measured.",
        "term_loss": "Loss",
        "term_loss_is": "What training makes small: how little the model expected the right answer y. It is counted in "
        "nats; 0.69 nats are a factor of two in probability.",
        "term_points": "Percentage points",
        "term_points_is": "The difference of two percentages: from 80 % to 78 % are 2 points.",
        # what a smaller model costs and keeps
        "term_ratio": "Compression ratio",
        "term_ratio_is": "How many times smaller: layers before (n) over layers after (n′), unless parameters, FLOPs, "
        "time or "
        "memory are named.",
        "term_retention": "Quality kept",
        "term_retention_is": "The share of the whole model's quality that a smaller one keeps: its metric m′ over "
        "that of the whole model, m. Where a lower metric is better, the other way round.",
        "term_speedup": "Speed-up",
        "term_speedup_is": "How many times faster a batch is answered: the whole model and the smaller one are timed "
        "by turns, and the median of the pairs' ratios t / t′ is taken.",
        "term_latency": "Latency",
        "term_latency_is": "The time from handing a batch in to having its answer. The median is shown; p95 is the "
        "time that 95 of 100 calls stay below.",
        "term_memory": "Memory of the weights",
        "term_memory_is": "The bytes that the weights take on disk: their number times the bytes of each.",
        "term_flops": "FLOPs",
        "term_flops_is": "Floating-point operations of one forward pass, whatever the machine: a multiplication and an "
        "addition count two. The formula is that of a linear layer.",
        "term_frontier": "Frontier",
        "term_frontier_is": "The models that no other beats in quality and size or speed at once. Anything else is "
        "not worth having.",
        "term_dominated": "Dominated",
        "term_dominated_is": "Another measured model is at least as good on both axes, and better on one beyond noise.",
        "term_knee": "Knee",
        "term_knee_is": "Where the frontier bends: the point farthest above the straight line between its ends, once "
        "ratio x and quality y run from 0 to 1. Beyond it every further step costs more than before.",
        # searching
        "term_one_shot": "One-shot",
        "term_one_shot_is": "Every layer is scored once, and the lowest go together, without measuring in between.",
        "term_greedy": "Greedy search",
        "term_greedy_is": "Takes out, again and again, the layer whose absence costs least, measured anew with what is "
        "already gone (S).",
        "term_beam": "Beam search",
        "term_beam_is": "Greedy search that keeps the best few sets at every step, not only the best one.",
        "term_evolutionary": "Evolutionary search",
        "term_evolutionary_is": "Swaps layers of the best set for others and keeps what is better, as long as the "
        "budget lasts.",
        "term_protected": "Protected",
        "term_protected_is": "Strategies leave the first and the last layer alone: scores tend to underrate them. By "
        "hand they can be taken out.",
        # more than a cut
        "term_heal": "Healing",
        "term_heal_is": "Changing the weights that stay so that the gap hurts less, on examples that neither choose "
        "layers nor measure the result.",
        "term_patch": "Linear patch",
        "term_patch_is": "The last linear map before a gap is fitted anew by least squares, so that it puts out what "
        "used to come after the gap (Y). A are the features that it reads, ΔW its change.",
        "term_distillation": "Distillation",
        "term_distillation_is": "A short training of the smaller model with the whole one as its teacher: p is what "
        "the teacher expects, q what the smaller model does; L is the task's loss, h are hidden states.",
        "term_lora": "LoRA",
        "term_lora_is": "Distillation that trains two thin matrices beside each weight matrix only, and adds them to "
        "it afterwards.",
        "term_int8": "Int8",
        "term_int8_is": "Weights of linear layers as whole numbers q of 8 bits with one scale s for every output.",
        "term_low_rank": "Low rank",
        "term_low_rank_is": "A linear layer becomes two thin ones, whose product changes its outputs least; C are the "
        "second moments of its inputs.",
        # depth that changes
        "term_depth": "Dynamic depth",
        "term_depth_is": "One set of weights at several depths: layers are skipped, and the stream goes past them "
        "unchanged. The kept sets are nested, so nothing is loaded when the depth changes.",
        "term_controller": "Controller",
        "term_controller_is": "Holds the target by changing the depth: down at once when a call is expected to take "
        "longer, up only with room to spare (hysteresis). c is a depth's cost, m and v the load's mean and scatter, T "
        "the target.",
        # within a layer
        "term_hsic": "HSIC",
        "term_hsic_is": "How strongly two sets of vectors depend on each other, by the similarities between examples "
        "(kernels K, L; H takes off the mean). Normalised, it runs from 0 to 1.",
        "term_parallel": "Parallel coordinates",
        "term_parallel_is": "One upright axis a method, one line a layer: where a line crosses an axis is the layer's "
        "rank there. Lines that run level mean methods that agree.",
    }
)
CHINESE: Mapping[str, str] = MappingProxyType({**terms_metrics.CHINESE, **CHINESE_TERMS})
