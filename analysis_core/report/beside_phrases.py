"""The words of what comes beside the scores: findings, axes, explanations. Part of the table in :mod:`phrases`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "input_of": "input of layer {layer}",
        "output_of": "output of layer {layer}",
        "what_enters": "what enters the first layer",
        "alt": "{kind} ({method}). {finding}.",
        # similarity of layers
        "cka_axis": "CKA",
        "cka_hover": "<b>Layers {one} and {other}</b><br>CKA {value}",
        "cka_alike": "{layers} hold nearly one representation: CKA at least {least} between any two",
        "cka_turn": "The representation changes most from layer {before} to {after}: CKA {value}",
        "cka_none": "No two layers can be compared",
        "cka_explained": "Each cell compares the outputs of two layers over the same examples: 1 means that they are "
        "the same up to rotation and scale, 0 that they have nothing in common.",
        "cka_kind": "Map of similarity between layers",
        # heads
        "head": "Head",
        "head_axis": "Importance ({unit})",
        "head_hover": "<b>{layer}, head {head}</b><br>importance {importance} {unit}<br>"
        "entropy {entropy} of what is possible<br>looks {distance} tokens away on average",
        "head_half": "{some} of {all} heads carry half of the importance; head {head} of layer {layer} carries most",
        "head_none": "No head reacts",
        "head_explained": "Each cell is one head: how much the loss would react to switching it off. Its entropy and "
        "the distance that it looks stand in the hover text.",
        "head_kind": "Map of attention heads",
        # spectrum
        "eigenvalue_axis": "Eigenvalue of WᵀW",
        "density_axis": "Density",
        "spectrum_seen": "eigenvalues",
        "spectrum_fit": "fitted tail, alpha {alpha}",
        "spectrum_hover": "{low} to {high}<br>density {density}",
        "spectrum_trained": "Layer {layer}: alpha {alpha}, between 2 and 6 as in well-trained matrices",
        "spectrum_raw": "Layer {layer}: alpha {alpha}, above 6, hardly shaped by training",
        "spectrum_tight": "Layer {layer}: alpha {alpha}, below 2, perhaps fitted too closely",
        "spectrum_matrix": "{name}, {shape}; alpha ± {error} (95 %), KS distance {distance}",
        "spectrum_explained": "The spread of the eigenvalues of the layer's largest weight matrix. Training bends the "
        "upper end into a straight line on these axes; alpha is its slope.",
        "spectrum_kind": "Spectrum of the weights",
        # topology
        "birth_axis": "Birth (diameters)",
        "death_axis": "Death (diameters)",
        "scale_axis": "Scale (diameters)",
        "components": "Components",
        "loops": "Loops",
        "components_of": "components, {where}",
        "loops_of": "loops, {where}",
        "bar_hover": "<b>{what}</b><br>from {birth} to {death} diameters",
        "curve_hover": "<b>{what}</b><br>{count} at scale {scale}",
        "diagram_tighter": "Layer {layer} draws the cloud together: components merge at {after} instead of {before} "
        "diameters; loops {loops_before} → {loops_after}",
        "diagram_looser": "Layer {layer} spreads the cloud: components merge at {after} instead of {before} diameters; "
        "loops {loops_before} → {loops_after}",
        "diagram_same": "Layer {layer} leaves the scale of the cloud: components merge at {after} diameters; loops "
        "{loops_before} → {loops_after}",
        "diagram_explained": "Each point is a component or a loop of the cloud of examples: it appears at one scale "
        "and vanishes at another. Far above the diagonal it is real, near it noise.",
        "diagram_kind": "Persistence diagram",
        "betti_finding": "Half of the components of layer {layer}'s output have merged at {scale} diameters; at most "
        "{loops} loops are there at once",
        "betti_explained": "How many components and loops there are when examples closer than the scale are joined.",
        "betti_kind": "Betti curves",
        # information plane
        "with_x_axis": "Kept of the input (normalised HSIC, 0 to 1)",
        "with_y_axis": "Known of the answer (normalised HSIC, 0 to 1)",
        "plane_hover": "<b>{where}</b><br>of the input {with_x}<br>of the answer {with_y}",
        "plane_finding": "Knowledge of the answer goes from {first} to {last}, most of it at layer {layer}; {kept} is "
        "kept of the input",
        "plane_falls": "No layer adds knowledge of the answer; {kept} is kept of the input",
        "plane_start": "in",
        "plane_explained": "Each point is a place between two layers: to the right it still depends on the input, "
        "upwards it depends on the answer. Learning to classify moves up and to the left.",
        "plane_kind": "Information plane",
        # patching
        "loss_axis": "Loss (nats)",
        "clean": "clean run",
        "corrupt": "corrupted run",
        "patched": "corrupted, one layer put back",
        "patch_hover": "<b>{layer} put back</b><br>loss {loss} nats<br>repairs {share}",
        "patch_finding": "Putting layer {layer} back repairs most: {share} of what the noise breaks",
        "patch_none": "Putting any one layer back repairs nothing",
        "patch_explained": "The input is drowned in noise, then what one layer adds is set back to what it added in "
        "the clean run. The further a point drops towards the clean run, the more that layer carries.",
        "patch_kind": "Patching curve",
        # gradient flow
        "rms_axis": "Gradient at the output (root mean square)",
        "flow_hover": "<b>{layer}</b><br>{rms}<br>{ratio} times the last layer's",
        "flow_steady": "The learning signal stays within a factor of {factor} over all layers",
        "flow_vanishes": "The learning signal fades: below a hundredth of the last layer's at {layers}",
        "flow_explodes": "The learning signal blows up: above a hundred times the last layer's at {layers}",
        "flow_vanishing_line": "vanishing below",
        "flow_exploding_line": "exploding above",
        "flow_explained": "The size of the loss's gradient at each layer's output, on a logarithmic axis. A steady "
        "line means that every layer can still learn.",
        "flow_kind": "Gradient flow",
        # width in use
        "width_axis": "Share of units or values (%)",
        "width_used": "width in use",
        "width_dead": "dead units",
        "width_sparse": "values near zero",
        "width_hover": "<b>{layer}</b><br>{what}: {share} %",
        "width_dead_finding": "{share} of the units of layer {layer} are dead, more than anywhere else",
        "width_finding": "No unit is dead; between {least} (layer {first}) and {most} (layer {last}) of the width is "
        "in use",
        "width_explained": "Width in use counts directions in which the output really varies. Dead units never "
        "change; values near zero are below a hundredth of the output's size.",
        "width_kind": "Use of the width",
        # fair share
        "alone_axis": "Loss without it, all others there (nats)",
        "share_axis": "Shapley value (nats)",
        "share_hover": "<b>{layer}</b><br>Shapley value {share}<br>skipped alone {alone} nats",
        "share_hidden": "{layers} are worth more than skipping them alone shows: others stand in for them",
        "share_all": "Every layer is worth more than skipping it alone shows: they stand in for each other",
        "share_even": "No layer's share is clearly above what skipping it alone costs",
        "share_check": "The shares sum to {sum}, all layers against none give {value} nats; {subsets} subsets on "
        "{examples} examples",
        "share_same": "same value",
        "share_explained": "Above the line a layer is worth more together with others than skipping it alone shows: "
        "while it is missing, other layers do its work.",
        "share_kind": "Shapley value against single ablation",
        # bars beside the score
        "companion_finding": "{title} runs from {least} (layer {last}) to {most} (layer {first})",
        "companion_kind": "{title} by layer",
        "metric_drop": "Drop of the metric",
        "metric_points": "points of {metric}",
        "metric_drop_explained": "What the task's own metric loses without each layer, with its 95 % interval. It "
        "moves in steps of one example, so the loss tells layers apart better.",
        "per_parameter": "Fisher information per parameter",
        "per_parameter_unit": "nats² per parameter",
        "per_parameter_explained": "The score divided by the layer's number of weights: large layers gather more.",
        "gradient_norm": "Gradient norm",
        "gradient_norm_unit": "nats per unit of weight",
        "gradient_norm_explained": "The length of the mean gradient of the loss with respect to the layer's weights.",
        "angular_distance": "Angular distance",
        "angular_distance_unit": "half turns",
        "angular_distance_explained": "The angle between what goes in and what comes out, as a share of half a turn.",
        "completeness_error": "Error of the path's sum",
        "completeness_error_unit": "nats",
        "completeness_error_explained": "With signs, every layer should carry the whole change of the log-likelihood "
        "along the path. How far its sum is off tells how far the scores can be read.",
        "error_auroc": "AUROC against wrong answers",
        "error_auroc_unit": "AUROC, 0.5 = chance",
        "error_auroc_explained": "How well the uncertainty from dropping parts of this layer tells the wrongly "
        "answered examples from the others: 1 always, 0.5 like a coin.",
        # agreement and trust
        "tau_axis": "Kendall's tau",
        "tau_hover": "<b>{one}</b> and <b>{other}</b><br>tau {tau}{interval}",
        "interval_words": " ({low} to {high}, 95 %)",
        "agreement_finding": "{one} and {other} agree most (tau {tau}), {least_one} and {least_other} least "
        "({least_tau})",
        "agreement_pair": "{one} and {other}: tau {tau}",
        "agreement_none": "No two methods score enough layers to be compared",
        "agreement_explained": "Kendall's tau of the two methods' rankings: 1 the same order of layers, 0 none in "
        "common, −1 reversed. The interval in the hover text is over examples.",
        "agreement_kind": "Map of agreement between methods",
        "trust_axis": "Rank correlation with measured ablation",
        "trust_hover": "<b>{method}</b><br>{value}{interval}<br>{layers} layers",
        "trust_finding": "{method} comes closest to measured ablation (rank correlation {value})",
        "trust_none": "Nothing can be compared with measured ablation",
        "trust_explained": "Spearman's correlation of each method's ranking with what leaving out single layers "
        "really costs, with its 95 % interval over examples.",
        "trust_kind": "Rank correlation with measured ablation",
        "rule_mean_rank": "Mean rank over {methods} methods",
        "rule_borda": "Borda count over {methods} methods",
        "rule_median_rank": "Median rank over {methods} methods",
    }
)
