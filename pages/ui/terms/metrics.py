"""The metrics of the ten tasks, in the manner of :mod:`pages.ui.terms.catalog`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pages.ui.terms.catalog import Term

METRICS: Mapping[str, Term] = MappingProxyType(
    {
        "accuracy": Term("(?:token |action |pixel )?accuracy", "(?:词元|动作|像素)?准确率", "mean_n [ŷ_n = y_n]"),
        "macro_f1": Term("macro F1", "宏平均 F1(?: 值)?", "mean_c 2 P_c R_c / (P_c + R_c)"),
        "f1": Term(
            "F1", "F1(?: 值)?", "2 |A ∩ B| / (|A| + |B|)",
            "Rajpurkar et al. 2016, SQuAD: 100,000+ Questions for Machine Comprehension of Text",
        ),
        "exact_match": Term(
            "exact match", "完全匹配率", "mean_n [a_n = b_n]",
            "Rajpurkar et al. 2016, SQuAD: 100,000+ Questions for Machine Comprehension of Text",
        ),
        "perplexity": Term(
            "perplexity", "困惑度", "exp(mean_t −log p(t))",
            "Jelinek et al. 1977, Perplexity: A Measure of the Difficulty of Speech Recognition Tasks",
        ),
        "bits_per_pixel": Term(
            "bits per pixel", "每像素比特数", "mean_i −log₂ p(x_i)",
            "van den Oord, Kalchbrenner and Kavukcuoglu 2016, Pixel Recurrent Neural Networks",
        ),
        "reciprocal_rank": Term(
            "mean reciprocal rank", "平均倒数排名", "mean_q 1 / r_q",
            "Voorhees 1999, The TREC-8 Question Answering Track Report",
        ),
        "ndcg": Term(
            r"nDCG@\d+|nDCG", r"nDCG@\d+(?: 值)?|nDCG", "1 / log₂(1 + r), r ≤ k",
            "Järvelin and Kekäläinen 2002, Cumulated Gain-Based Evaluation of IR Techniques",
        ),
        "recall": Term(r"recall@\d+", r"前 \d+ 召回率", "mean_q [r_q ≤ k]"),
        "auc": Term("AUC|AUROC", "AUC(?: 值)?|AUROC", "P(s⁺ > s⁻)",
            "Hanley and McNeil 1982, The Meaning and Use of the Area under a Receiver Operating Characteristic Curve",
        ),
        "average_precision": Term(
            "average precision", "平均精度", "∫ P dR",
            "Lin et al. 2014, Microsoft COCO: Common Objects in Context",
        ),
        "iou": Term(
            "mean IoU", "平均交并比", "|A ∩ B| / |A ∪ B|",
            "Everingham et al. 2010, The Pascal Visual Object Classes (VOC) Challenge",
        ),
        "rmse": Term("RMSE", "均方根误差", "sqrt(mean_n (ŷ_n − y_n)²)"),
        "bleu": Term(
            "BLEU", "BLEU", "BP · exp(mean_n log P_n), n = 1 … 4",
            "Papineni et al. 2002, BLEU: A Method for Automatic Evaluation of Machine Translation",
        ),
        "chrf": Term(
            "chrF", "chrF", "(1 + β²) P R / (β² P + R), β = 2",
            "Popović 2015, chrF: Character n-gram F-score for Automatic MT Evaluation",
        ),
        "rouge": Term(
            "ROUGE-L", "ROUGE-L", "2 P R / (P + R)",
            "Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries",
        ),
        "word_error_rate": Term("word error rate|WER", "词错误率|WER", "(S + D + I) / N"),
        "return": Term("mean return", "平均回报", "mean_e Σ_t r_t"),
    }
)  # fmt: skip
