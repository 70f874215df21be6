"""The glossary's metrics, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "term_accuracy": "Accuracy",
        "term_accuracy_is": "The share of examples whose likeliest answer is the right one; of tokens or actions where "
        "it says so, then a mean over examples.",
        "term_macro_f1": "Macro F1",
        "term_macro_f1_is": "The mean of the classes' F1: rare classes count as much as common ones. P is precision, R "
        "is recall.",
        "term_f1": "F1",
        "term_f1_is": "How far the given answer A and the right one B share their tokens; 1 where they are the same.",
        "term_exact_match": "Exact match",
        "term_exact_match_is": "The share of questions whose answer is given word for word.",
        "term_perplexity": "Perplexity",
        "term_perplexity_is": "Among how many equally likely tokens the model hesitates on average; lower is better.",
        "term_bits_per_pixel": "Bits per pixel",
        "term_bits_per_pixel_is": "How many bits the model needs on average to say what the next pixel is; lower is "
        "better.",
        "term_reciprocal_rank": "Mean reciprocal rank",
        "term_reciprocal_rank_is": "One over the place r of the right candidate, a mean over queries: 1 where it "
        "always stands first.",
        "term_ndcg": "nDCG@k",
        "term_ndcg_is": "Credit for the right candidate at place r among the first k, the less the farther down; 0 "
        "where it is not among them.",
        "term_recall": "Recall@k",
        "term_recall_is": "The share of queries whose right candidate stands among the first k.",
        "term_auc": "AUC",
        "term_auc_is": "How often a right one scores higher than a wrong one, both drawn at random: 0.5 is chance.",
        "term_average_precision": "Average precision",
        "term_average_precision_is": "How well boxes and classes are found: the area below precision P over recall R, "
        "a mean over ten strictnesses of overlap and over images.",
        "term_iou": "Mean IoU",
        "term_iou_is": "Pixels in mask A and prediction B over pixels in either, a mean over classes and images.",
        "term_rmse": "RMSE",
        "term_rmse_is": "The root of the mean squared error of a predicted number; lower is better.",
        "term_bleu": "BLEU",
        "term_bleu_is": "How many stretches of one to four words a translation shares with the right one; short "
        "translations lose (BP).",
        "term_chrf": "chrF",
        "term_chrf_is": "Overlap of stretches of one to six letters between a translation and the right one.",
        "term_rouge": "ROUGE-L",
        "term_rouge_is": "The longest common run of words of a summary and the right one, as an F score; words between "
        "may differ.",
        "term_word_error_rate": "Word error rate",
        "term_word_error_rate_is": "Words replaced (S), left out (D) and put in (I), over the words that were said "
        "(N); lower is better.",
        "term_return": "Mean return",
        "term_return_is": "The sum of rewards of an episode, a mean over episodes with fixed seeds.",
    }
)
CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "term_accuracy": "准确率",
        "term_accuracy_is": "最可能的答案恰为正确答案的样本占比；标明词元或动作时，先在样本内统计，再对样本取平均。",
        "term_macro_f1": "宏平均 F1",
        "term_macro_f1_is": "各类别 F1 的平均：稀有类别与常见类别同等重要。P 是精确率，R 是召回率。",
        "term_f1": "F1",
        "term_f1_is": "给出的答案 A 与正确答案 B 有多少共同的词元；完全相同时为 1。",
        "term_exact_match": "完全匹配率",
        "term_exact_match_is": "答案与标准答案逐字相同的问题占比。",
        "term_perplexity": "困惑度",
        "term_perplexity_is": "模型平均在多少个同样可能的词元之间犹豫；越低越好。",
        "term_bits_per_pixel": "每像素比特数",
        "term_bits_per_pixel_is": "模型说出下一个像素平均需要多少比特；越低越好。",
        "term_reciprocal_rank": "平均倒数排名",
        "term_reciprocal_rank_is": "正确候选的名次 r 的倒数，对查询取平均：总排第一时为 1。",
        "term_ndcg": "nDCG@k",
        "term_ndcg_is": "正确候选排在前 k 中第 r 位的得分，越靠后越低；不在其中则为 0。",
        "term_recall": "前 k 召回率",
        "term_recall_is": "正确候选排在前 k 位的查询占比。",
        "term_auc": "AUC",
        "term_auc_is": "随机抽取一对，正确者得分高于错误者的概率：0.5 为随机水平。",
        "term_average_precision": "平均精度",
        "term_average_precision_is": "框和类别找得有多准：精确率 P 对召回率 R 曲线下的面积，"
        "对十种重叠要求和所有图像取平均。",
        "term_iou": "平均交并比",
        "term_iou_is": "掩码 A 与预测 B 的交集像素数除以并集像素数，对类别和图像取平均。",
        "term_rmse": "均方根误差",
        "term_rmse_is": "预测数值的均方误差的平方根；越低越好。",
        "term_bleu": "BLEU",
        "term_bleu_is": "译文与参考译文有多少相同的一到四词片段；译文过短会被扣分（BP）。",
        "term_chrf": "chrF",
        "term_chrf_is": "译文与参考译文中一到六个字符片段的重合程度。",
        "term_rouge": "ROUGE-L",
        "term_rouge_is": "摘要与参考摘要的最长公共子序列（中间可以隔词），换算成 F 值。",
        "term_word_error_rate": "词错误率",
        "term_word_error_rate_is": "替换（S）、删除（D）、插入（I）的词数之和除以应有的词数（N）；越低越好。",
        "term_return": "平均回报",
        "term_return_is": "一局的奖励之和，对固定种子的各局取平均。",
    }
)
