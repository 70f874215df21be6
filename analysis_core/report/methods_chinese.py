"""What is said of the built-in methods, in Chinese; formulas and papers stay as their files have them.

A method that is not here, as one of somebody's own, keeps its English.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class MethodWords(NamedTuple):
    """The words of one method."""

    title: str
    question: str
    caveat: str
    cost: str
    unit: str


CHINESE: Mapping[str, MethodWords] = MappingProxyType(
    {
        "attention_analysis": MethodWords(
            title="注意力头",
            question="该层的头是否有明确的关注目标？损失在意它们吗？",
            caveat="这是在完整模型处画的一条直线：两个互相替代的头都会显得不重要。只计自注意力，"
            "不计对另一序列的注意力，也不计通道间的注意力。有因果掩码时，查询可见自身及之前的键，"
            "否则可见全部真实的键：更窄的掩码不计入；只能看到一个键的查询没有熵。熵和距离来自前 128 个样本。"
            "窗口注意力的距离在窗口内逐行计算。",
            cost="共享传播，注意力显式计算",
            unit="nat",
        ),
        "block_influence": MethodWords(
            title="块影响力",
            question="该层把经过它的隐藏状态转动了多少？",
            caveat="只看几何，从不看损失：很小的转动也可能正是决定答案的那一步。改变隐藏状态形状的层不适用。",
            cost="共享传播，仅前向",
            unit="1 − 余弦",
        ),
        "causal_analysis": MethodWords(
            title="因果分析（修补）",
            question="输入受扰后，恢复该层的干净贡献能否修复这次运行？",
            caveat="取决于如何扰动输入：这里同时扰动所有词元，每个样本抽一次噪声，噪声大小由前 32 个样本确定。"
            "只有合在一起才起作用的层，逐个恢复时修复很少，各层份额之和也不必为 1。损失上升很小时比值不稳定："
            "上升不超过其标准误的两倍时不给出得分。改变隐藏状态形状的层、多次运行的层不适用。",
            cost="一次干净运行、一次受扰运行，每层重放一次：前向次数约为层数的一半再加两次",
            unit="修复的份额",
        ),
        "fisher_information": MethodWords(
            title="费舍尔信息",
            question="模型的似然对该层权重有多敏感？",
            caveat="经验费舍尔由预测得差的样本主导，拟合不好时与真实费舍尔不同。大的层累积更多："
            "总量旁边给出每参数的得分。",
            cost="共享传播",
            unit="nat²",
        ),
        "gradient_based": MethodWords(
            title="梯度（泰勒）",
            question="若把这些权重置零，一阶近似下损失会变化多少？",
            caveat="从训练停止处画的一条直线，而那里梯度很小：它看不到各层的共同作用，"
            "并且已知会把并非不重要的第一个块判为不重要。",
            cost="共享传播",
            unit="nat",
        ),
        "gradient_flow": MethodWords(
            title="梯度流",
            question="学习信号能传到该层，还是在途中衰减或爆炸？",
            caveat="它说明该层还能多容易地学习，而不是学到了什么；在残差网络中，信号既穿过一层，也绕过它。"
            "形状改变之处，对现有的位置取平均。标准误是样本上两个相关均值之比的标准误（delta 方法）；最后一层为 0。",
            cost="共享传播",
            unit="与最后一层之比",
        ),
        "information_bottleneck": MethodWords(
            title="信息瓶颈（HSIC）",
            question="该层增加了多少关于答案的信息，又保留了多少输入信息？",
            caveat="HSIC 衡量的是相关性，而不是以比特计的互信息。Ma 等人训练时用正则化形式；样本只有几百个时，"
            "结果由正则项决定（取他们的 1e-5 时，训练好的 BERT 每一层都在最大值的 4 % 以内），因此这里取普通比值。"
            "它对 x 和 y 在同一尺度上，0 为独立，1 为相同；beta = 0.1 意味着：忘掉全部输入的价值，"
            "是知道全部答案的十分之一。负分表示经过该层后，答案更难从词元均值中读出，这未必损害模型。至少需要 4 "
            "个样本和两种不同的答案；只用前 512 个样本。",
            cost="共享传播，仅前向",
            unit="nHSIC 的增益",
        ),
        "layer_ablation": MethodWords(
            title="层消融",
            question="跳过该层，损失和指标会变差多少？",
            caveat="一次一层：互相替代的层单独看都可有可无，合在一起却不是。",
            cost="每层重放一次：前向次数约为层数的一半",
            unit="nat",
        ),
        "layer_conductance": MethodWords(
            title="层传导度",
            question="正确答案的归因有多少流经该层？",
            caveat="路径从进入第一层的内容为零处开始，那是网络从未见过的输入；换一个基线，得分就不同；并列的塔一起走。"
            "绝对值取决于基：互相抵消的数会计两次。带符号时，每一层都承载 F 的全部变化（塔中的层承载其部分），"
            "误差为求和误差，已一并显示：带归一化的网络在基线附近会突变。只用前 64 个样本。多次运行的层不适用。",
            cost="最多 64 个样本上 17 次前向和反向，所有层合计",
            unit="nat",
        ),
        "layer_correlation": MethodWords(
            title="层相关性（CKA）",
            question="该层是否改变了哪些样本彼此相似？",
            caveat="它看不到后续层可能依赖的旋转和缩放，少数主导方向就可能决定结果。至少需要 4 个样本；只用前 512 个。",
            cost="共享传播，仅前向",
            unit="1 − CKA",
        ),
        "layer_shapley": MethodWords(
            title="层 Shapley 值",
            question="层与层可以互相替代时，该层应得的份额是多少？",
            caveat="它所平均的子集大多远离任何训练过的网络，损失很大：份额既反映该层在残缺网络中的表现，"
            "也反映它在完整网络中的表现。8 个随机顺序，正反各走一遍，用前 64 个样本；子集总数不多于此时（不超过 6 "
            "层）取全部子集。不能跳过的层始终保留，没有份额。",
            cost="最多 64 个样本上每层约 15 次重放，共享前面的层",
            unit="nat",
        ),
        "meta_learning": MethodWords(
            title="元学习",
            question="不运行层消融，它会对该层给出什么结论？",
            caveat="它只从几个小型文本和图像 transformer 学到，没有证据表明适用于其他模型。"
            "它以标准差说明在一个模型中消融会把哪些层排在前面，而不是这些层值多少 nat。各层的标准误相同："
            "它在未见过的模型上偏差的均方根，而不是样本间的离散。缺失的得分按平均层计，并附说明。"
            "得分旁边给出它在留出模型上的秩相关、单个最好方法的秩相关，以及留出某一类数据的全部模型时它自己的秩相关。"
            "内置模型参与过它的训练，因此它在这些模型上与消融的一致程度会高于别处。",
            cost="共享传播与权重",
            unit="消融的标准差",
        ),
        "neuron_activation": MethodWords(
            title="神经元激活",
            question="它的宽度用了多少？",
            caveat="用了多少宽度并不说明用来做什么，也不可能超过见过的词元数。宽于 2048 个单元的层随机取 2048 "
            "个来判断（份额也以此为准）。标准误、稀疏度和峰度来自前 128 个样本各 8 个随机词元。",
            cost="共享传播，仅前向",
            unit="宽度的份额",
        ),
        "spectral_analysis": MethodWords(
            title="谱分析（alpha）",
            question="该层权重的谱说明它训练得有多好？",
            caveat="它不读数据，说明的是训练把该层塑造到什么程度，而不是没有它任务会损失什么。alpha 接近 2（得分 "
            "−2）见于训练充分的矩阵，大于 6 见于几乎未训练的矩阵；小于 2 时矩阵可能拟合过紧，得分并不惩罚这一点。"
            "由几十个特征值得到的指数很粗略，而且大多数尾部并非真正的幂律：请看 Kolmogorov-Smirnov 距离。"
            "非零特征值少于 20 个的矩阵不计入。卷积按其所有核位置的矩阵的特征值合计。",
            cost="只看权重，不用数据",
            unit="−alpha",
        ),
        "topology_analysis": MethodWords(
            title="拓扑（持续同调）",
            question="该层是否改变了数据点云的形状：它的簇和环？",
            caveat="它看到的是点云的形状，既不看哪个样本在哪里，也不看损失：只是置换样本的层得 0 分。"
            "一个很远的样本就决定了直径，从而影响每一根条。永不消亡的那个连通分量在每个点云中都相同，不计入距离。"
            "只用前 96 个样本，至少需要 4 个：点越多，条越多，距离越大，因此只能在样本数相同时比较得分。"
            "标准误按组留出样本，倾向于偏大而不是偏小（Efron 与 Stein 1981）。",
            cost="共享传播，仅前向，另加约一秒",
            unit="直径",
        ),
        "uncertainty_quantification": MethodWords(
            title="不确定性（层 dropout）",
            question="该层不可靠时，模型会变得多不确定？",
            caveat="用 K 个掩码时，估计值偏小约 (K − 1) / K 倍，这里为 3/4，各层相同，因此不影响顺序。从未见过 "
            "dropout 的网络对它的反应，可能说明不了它知道什么。只用前 128 个样本。改变隐藏状态形状的层、"
            "多次运行的层不适用；模型不给出概率的任务（如回归）也不适用。",
            cost="最多 128 个样本上每层四次重放",
            unit="nat",
        ),
    }
)
