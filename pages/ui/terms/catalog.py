"""Every term with its formula, its source, and the words by which a page names it in either language.

Formula and source are the same in all languages; the sentences are in :mod:`pages.ui.words.terms`. Of a method the
method itself says all this, see :mod:`pages.ui.terms.entries`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Term(NamedTuple):
    """One entry.

    Args:
        english, chinese: patterns of the words that name it; empty where those words mean other things too, so that a
            page has to name the term itself.
        formula: in plain signs; empty where there is none.
        source: who introduced it; empty where nobody is known for it.
    """

    english: str
    chinese: str
    formula: str = ""
    source: str = ""


TERMS: Mapping[str, Term] = MappingProxyType(
    {
        "block": Term(
            r"blocks?(?! of similar| of code)", r"(?<![模板滑方一])块(?!内|中)", "h_(l+1) = h_l + f_l(h_l)",
            "He, Zhang, Ren and Sun 2016, Deep Residual Learning for Image Recognition",
        ),
        "part": Term(
            r"parts? of blocks|attention or feed-forward parts?|feed-forward", "子层|块内部分|块中的注意力|前馈",
            "h + Attention(h); h + MLP(h)", "Vaswani et al. 2017, Attention Is All You Need",
        ),
        "stage": Term("stages?", "阶段"),
        "stack": Term("stacks?|encoder|decoder|towers?", "编码器|解码器|(?<!一)座?塔"),
        "parameters": Term("parameters?", "参数量?"),
        "residual": Term(
            "residual streams?", "残差流", "h_L = h_0 + Σ_l f_l(h_l)",
            "Elhage et al. 2021, A Mathematical Framework for Transformer Circuits",
        ),
        "hidden": Term("hidden states?", "隐状态"),
        "score": Term("scores?", "得分|打分"),
        "rank": Term("ranks?|rankings?", "排名|名次"),
        "normalised": Term("normalised|stretched to 0 … 1", "归一化|缩放到 0 … 1", "(s − min s) / (max s − min s)"),
        "relative_depth": Term("relative depths?", "相对深度", "l / (n − 1)"),
        "consensus": Term("consensus", "共识"),
        "mean_rank": Term("mean ranks?", "平均排名", "mean_m (r_m − 1) / (n − 1)"),
        "borda": Term(
            "borda(?: count)?", "Borda(?: 计数)?", "Σ_m w_m / Σ_m d_m",
            "Borda 1781, Mémoire sur les élections au scrutin",
        ),
        "median_rank": Term("median ranks?", "中位排名", "median_m (r_m − 1) / (n − 1)"),
        "kendall": Term(
            "Kendall's tau|tau", "Kendall tau|tau", "τ_b = (C − D) / sqrt((C + D + S) (C + D + T))",
            "Kendall 1938, A New Measure of Rank Correlation; Kendall 1945, The Treatment of Ties in Ranking Problems",
        ),
        "spearman": Term(
            "Spearman's (?:rank correlation|correlation|coefficient)|rank correlations?|rank agreement|Spearman",
            "Spearman (?:秩相关|相关系数)|秩相关|排名一致性|Spearman", "ρ = 1 − 6 Σ d² / (n (n² − 1))",
            "Spearman 1904, The Proof and Measurement of Association between Two Things",
        ),
        "measured": Term("measured", "实测"),
        "estimated": Term("estimated?", "估计"),
        "counted": Term("", ""),
        "interval": Term(
            "95 % intervals?|intervals?", "95 % 区间(?!带)|区间(?!带)",
            "x ± 1.96 SE",
            "Efron 1979, Bootstrap Methods: Another Look at the Jackknife",
        ),
        "error_bar": Term(
            "90 % error bars?|90 % band|error bars?", "90 % 误差范围|90 % 区间带|误差范围",
            "x ± 1.64 σ",
            "Rasmussen and Williams 2006, Gaussian Processes for Machine Learning; Lei et al. 2018, Distribution-Free "
            "Predictive Inference for Regression; Gibbs and Candès 2021, Adaptive Conformal Inference Under "
            "Distribution Shift",
        ),
        "standard_error": Term("standard errors?", "标准误", "SE = s / sqrt(N)"),
        "seed": Term("seeds?", "种子"),
        "held_out": Term("held-out|held-out examples|search examples|test examples", "留出样?本?|搜索样本|测试样本"),
        "loss": Term(
            r"(?<!largest )loss|nats?", r"(?<!最大)(?<!最多)(?<!也要)(?<!会)损失(?!什么|掉| [\d{])|nat",
            "L = mean_n −log p(y_n | x_n)",
        ),
        "points": Term(r"(?<=[\d(][ \u202f])points|(?<=\()points(?=\))", "百分点"),
        "ratio": Term("compression ratios?|ratios?", "压缩比", "n / n′"),
        "retention": Term("retention|quality kept", "质量保留", "m′ / m"),
        "speedup": Term("speed-ups?", "加速比", "median_i t_i / t′_i"),
        "latency": Term("latency|latencies", "延迟"),
        "memory": Term(
            "size on disk|memory of the weights|memory", "磁盘占用|权重内存|内存", "Σ_w bytes(w)"
        ),
        "flops": Term("FLOPs", "FLOPs", "2 · N_in · N_out · N_tokens"),
        "frontier": Term("frontier", "前沿", "", "Pareto 1906, Manuale di economia politica"),
        "dominated": Term(
            "dominated", "被支配", "a_x ≥ b_x, a_y ≥ b_y, a ≠ b",
            "Pareto 1906, Manuale di economia politica"
        ),
        "knee": Term(
            "knees?", "拐点", "max_i (x_i + y_i − 1), 0 ≤ x, y ≤ 1",
            "Satopää, Albrecht, Irwin and Raghavan 2011, Finding a “Kneedle” in a Haystack",
        ),
        "one_shot": Term("one-shot", "一次性"),
        "greedy": Term(
            "greedy(?: measured)? search|greedy", "贪心搜索|贪心", "argmin_(l ∉ S) L(S ∪ {l})",
            "Song et al. 2024, SLEB: Streamlining LLMs through Redundancy Verification and Elimination of Transformer "
            "Blocks",
        ),
        "beam": Term("beam(?: search)?", "集束(?:搜索)?", "", "Lowerre 1976, The HARPY Speech Recognition System"),
        "evolutionary": Term(
            "evolutionary(?: search)?", "进化(?:搜索)?", "",
            "Sieberling et al. 2024, EvoPress: Towards Optimal Dynamic Model Compression via Evolutionary Search",
        ),
        "protected": Term("protected", "受保护"),
        "heal": Term("heal|healing|healed", "已修复|不修复|修复时间|修复(?=，)"),
        "patch": Term(
            "linear patch", "线性修补", "min_ΔW |A (W + ΔW) − Y|²", "Shopkhoev et al. 2025, ReplaceMe"
        ),
        "distillation": Term(
            "distillation|distilled", "蒸馏", "L + KL(p ‖ q) + d(h, h′)",
            "Hinton, Vinyals and Dean 2015, Distilling the Knowledge in a Neural Network",
        ),
        "lora": Term(
            "LoRA", "LoRA", "W + s B A",
            "Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models",
        ),
        "int8": Term(
            "int8", "[Ii]nt8", "W ≈ s q, −127 ≤ q ≤ 127",
            "Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only "
            "Inference",
        ),
        "low_rank": Term(
            "low rank", "低秩", "min_(A, B) |(W − B A) C^(1/2)|²",
            "Eckart and Young 1936, The Approximation of One Matrix by Another of Lower Rank; Wang et al. 2024, "
            "SVD-LLM",
        ),
        "depth": Term(
            "", "", "h_(l+1) = h_l",
            "Fan, Grave and Joulin 2019, Reducing Transformer Depth on Demand with Structured Dropout",
        ),
        "controller": Term(
            "controller", "控制器", "↓: c (m + v) > T;  ↑: c (m + 2 v) ≤ 0.9 T",
            "Jacobson 1988, Congestion Avoidance and Control",
        ),
        "hsic": Term(
            "HSIC", "HSIC", "tr(K H L H) / (n − 1)²",
            "Gretton, Bousquet, Smola and Schölkopf 2005, Measuring Statistical Dependence with Hilbert-Schmidt Norms",
        ),
        "parallel": Term(
            "parallel coordinates", "平行坐标", "", "Inselberg 1985, The Plane with Parallel Coordinates"
        ),
    }
)  # fmt: skip
