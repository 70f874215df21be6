"""The words of what comes beside the scores, in Chinese; :mod:`phrases` lays them over the English ones."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "input_of": "{layer}的输入",
        "output_of": "{layer}的输出",
        "what_enters": "进入第一层的内容",
        "alt": "{kind}（{method}）。{finding}。",
        # similarity of layers
        "cka_axis": "CKA",
        "cka_hover": "<b>{one}与{other}</b><br>CKA {value}",
        "cka_alike": "{layers}几乎是同一种表示：任意两层的 CKA 至少为 {least}",
        "cka_turn": "表示变化最大的是{before}到{after}：CKA {value}",
        "cka_none": "没有可以比较的两层",
        "cka_explained": "每个单元格在相同样本上比较两层的输出：1 表示除旋转和缩放外完全相同，0 表示毫无共同之处。",
        "cka_kind": "层间相似度图",
        # heads
        "head": "头",
        "head_axis": "重要性（{unit}）",
        "head_hover": "<b>{layer}，头 {head}</b><br>重要性 {importance} {unit}<br>熵为最大可能值的 "
        "{entropy}<br>平均关注 {distance} 个词元之外",
        "head_half": "{all} 个头中 {some} 个承担了一半的重要性；{layer}的头 {head} 最重要",
        "head_none": "没有头有反应",
        "head_explained": "每个单元格是一个头：关掉它，损失会有多大反应。它的熵和关注距离见悬停文字。",
        "head_kind": "注意力头图",
        # spectrum
        "eigenvalue_axis": "WᵀW 的特征值",
        "density_axis": "密度",
        "spectrum_seen": "特征值",
        "spectrum_fit": "拟合的尾部，alpha {alpha}",
        "spectrum_hover": "{low} 至 {high}<br>密度 {density}",
        "spectrum_trained": "{layer}：alpha {alpha}，在 2 与 6 之间，与训练充分的矩阵一致",
        "spectrum_raw": "{layer}：alpha {alpha}，大于 6，几乎未被训练塑造",
        "spectrum_tight": "{layer}：alpha {alpha}，小于 2，可能拟合过紧",
        "spectrum_matrix": "{name}，{shape}；alpha ± {error}（95 %），KS 距离 {distance}",
        "spectrum_explained": "该层最大权重矩阵的特征值分布。训练使上端在这组坐标轴上弯成一条直线；alpha 是它的斜率。",
        "spectrum_kind": "权重的谱",
        # topology
        "birth_axis": "诞生（直径）",
        "death_axis": "消亡（直径）",
        "scale_axis": "尺度（直径）",
        "components": "连通分量",
        "loops": "环",
        "components_of": "连通分量，{where}",
        "loops_of": "环，{where}",
        "bar_hover": "<b>{what}</b><br>从 {birth} 到 {death} 个直径",
        "curve_hover": "<b>{what}</b><br>尺度 {scale} 处有 {count} 个",
        "diagram_tighter": "{layer}使点云收紧：连通分量合并的尺度从 {before} 变为 {after} 个直径；环 "
        "{loops_before} → {loops_after}",
        "diagram_looser": "{layer}使点云散开：连通分量合并的尺度从 {before} 变为 {after} 个直径；环 "
        "{loops_before} → {loops_after}",
        "diagram_same": "{layer}不改变点云的尺度：连通分量在 {after} 个直径处合并；环 {loops_before} → {loops_after}",
        "diagram_explained": "每个点是样本点云的一个连通分量或一个环：在某一尺度出现，在另一尺度消失。"
        "离对角线越远越真实，靠近对角线的是噪声。",
        "diagram_kind": "持久图",
        "betti_finding": "{layer}输出的连通分量在 {scale} 个直径处合并了一半；同时最多有 {loops} 个环",
        "betti_explained": "把距离小于该尺度的样本连起来，会有多少连通分量和环。",
        "betti_kind": "Betti 曲线",
        # information plane
        "with_x_axis": "保留的输入信息（归一化 HSIC，0 至 1）",
        "with_y_axis": "关于答案的信息（归一化 HSIC，0 至 1）",
        "plane_hover": "<b>{where}</b><br>关于输入 {with_x}<br>关于答案 {with_y}",
        "plane_finding": "关于答案的信息从 {first} 到 {last}，{layer}增加最多；输入信息保留 {kept}",
        "plane_falls": "没有哪一层增加关于答案的信息；输入信息保留 {kept}",
        "plane_start": "入口",
        "plane_explained": "每个点是两层之间的一个位置：越靠右越依赖输入，越靠上越依赖答案。"
        "学会分类意味着向左上方移动。",
        "plane_kind": "信息平面",
        # patching
        "loss_axis": "损失（nat）",
        "clean": "干净运行",
        "corrupt": "受扰运行",
        "patched": "受扰运行，恢复一层",
        "patch_hover": "<b>恢复{layer}</b><br>损失 {loss} nat<br>修复 {share}",
        "patch_finding": "恢复{layer}修复最多：噪声所破坏的 {share}",
        "patch_none": "恢复任何单独一层都没有修复作用",
        "patch_explained": "先用噪声淹没输入，再把某一层增加的内容恢复为它在干净运行中增加的内容。"
        "一个点越降向干净运行，该层承载越多。",
        "patch_kind": "修补曲线",
        # gradient flow
        "rms_axis": "输出处的梯度（均方根）",
        "flow_hover": "<b>{layer}</b><br>{rms}<br>为最后一层的 {ratio} 倍",
        "flow_steady": "学习信号在所有层中的变化不超过 {factor} 倍",
        "flow_vanishes": "学习信号衰减：{layers}低于最后一层的百分之一",
        "flow_explodes": "学习信号爆炸：{layers}高于最后一层的一百倍",
        "flow_vanishing_line": "低于此线为消失",
        "flow_exploding_line": "高于此线为爆炸",
        "flow_explained": "损失对各层输出的梯度大小，对数坐标。曲线平稳说明每一层都还能学习。",
        "flow_kind": "梯度流",
        # width in use
        "width_axis": "单元或数值的占比（%）",
        "width_used": "使用的宽度",
        "width_dead": "死单元",
        "width_sparse": "接近零的值",
        "width_hover": "<b>{layer}</b><br>{what}：{share} %",
        "width_dead_finding": "{layer}有 {share} 的单元是死的，为各层之最",
        "width_finding": "没有死单元；使用的宽度在 {least}（{first}）与 {most}（{last}）之间",
        "width_explained": "使用的宽度指输出真正变化的方向数。死单元从不变化；接近零的值小于输出大小的百分之一。",
        "width_kind": "宽度的使用",
        # fair share
        "alone_axis": "其他层都在时，去掉它的损失（nat）",
        "share_axis": "Shapley 值（nat）",
        "share_hover": "<b>{layer}</b><br>Shapley 值 {share}<br>单独跳过 {alone} nat",
        "share_hidden": "{layers}的价值大于单独跳过所显示的：有其他层替代它们",
        "share_all": "每一层的价值都大于单独跳过所显示的：它们互相替代",
        "share_even": "没有哪一层的份额明显高于单独跳过它的代价",
        "share_check": "各份额之和为 {sum}，从没有任何层到全部层共 {value} nat；{subsets} 个子集，{examples} 个样本",
        "share_same": "两值相等",
        "share_explained": "位于线上方的层，与其他层合在一起时价值大于单独跳过所显示的：它缺失时，其他层替它做了工作。",
        "share_kind": "Shapley 值与单层消融",
        # bars beside the score
        "companion_finding": "{title}从 {least}（{last}）到 {most}（{first}）",
        "companion_kind": "各层的{title}",
        "metric_drop": "指标的下降",
        "metric_points": "{metric}的百分点",
        "metric_drop_explained": "去掉每一层时任务自身指标的损失，带 95 % 区间。它以一个样本为步长变化，"
        "因此损失更能区分各层。",
        "per_parameter": "每参数费舍尔信息",
        "per_parameter_unit": "nat² / 参数",
        "per_parameter_explained": "得分除以该层的权重个数：大的层累积更多。",
        "gradient_norm": "梯度范数",
        "gradient_norm_unit": "nat / 单位权重",
        "gradient_norm_explained": "损失对该层权重的平均梯度的长度。",
        "angular_distance": "角距离",
        "angular_distance_unit": "半圈",
        "angular_distance_explained": "输入与输出之间的夹角，以半圈为单位。",
        "completeness_error": "路径求和误差",
        "completeness_error_unit": "nat",
        "completeness_error_explained": "带符号时，每一层都应承载路径上对数似然的全部变化。其和偏离多少，"
        "说明得分可以信到什么程度。",
        "error_auroc": "对错误答案的 AUROC",
        "error_auroc_unit": "AUROC，0.5 = 随机",
        "error_auroc_explained": "丢弃该层的一部分所产生的不确定性，能多好地区分答错的样本与其他样本：1 为总能区分，"
        "0.5 如同抛硬币。",
        # agreement and trust
        "tau_axis": "Kendall tau",
        "tau_hover": "<b>{one}</b>与<b>{other}</b><br>tau {tau}{interval}",
        "interval_words": "（{low} 至 {high}，95 %）",
        "agreement_finding": "“{one}”与“{other}”最一致（tau {tau}），“{least_one}”与“{least_other}”最不一致（"
        "{least_tau}）",
        "agreement_pair": "“{one}”与“{other}”：tau {tau}",
        "agreement_none": "没有两种方法给足够多的层打分，无法比较",
        "agreement_explained": "两种方法排名之间的 Kendall tau：1 为层的顺序相同，0 为毫无共同之处，−1 为完全相反。"
        "悬停文字中的区间是对样本而言的。",
        "agreement_kind": "方法间一致性图",
        "trust_axis": "与实测消融的秩相关",
        "trust_hover": "<b>{method}</b><br>{value}{interval}<br>{layers} 层",
        "trust_finding": "“{method}”最接近实测消融（秩相关 {value}）",
        "trust_none": "没有可以与实测消融比较的方法",
        "trust_explained": "每种方法的排名与逐层去掉的真实代价之间的 Spearman 秩相关，带样本上的 95 % 区间。",
        "trust_kind": "与实测消融的秩相关",
        "rule_mean_rank": "{methods} 种方法的平均排名",
        "rule_borda": "{methods} 种方法的 Borda 计数",
        "rule_median_rank": "{methods} 种方法的中位排名",
    }
)
