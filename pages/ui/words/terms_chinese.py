"""The glossary in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "term_row": "图中术语",
        "term_source": "出处：{source}",
        "term_line": "**{name}**：{sentence}",
        # a model and its parts
        "term_block": "块",
        "term_block_is": "网络中重复出现的单元：在 Transformer 中是注意力和前馈部分，各自加到输入上。"
        "除非另有说明，这里的一层就是一个块。",
        "term_part": "块内部分（子层）",
        "term_part_is": "Transformer 块的一半：注意力在词元之间传递信息，前馈部分单独加工每个词元。",
        "term_stage": "阶段",
        "term_stage_is": "分辨率和宽度相同的若干连续块；作为一个整体打分，也作为一个整体去掉。",
        "term_stack": "堆栈",
        "term_stack_is": "自成一列的块：编码器读取输入，解码器写出输出；检索模型的两座塔分别读取查询和候选。",
        "term_parameters": "参数",
        "term_parameters_is": "由训练确定的数值。这里是精确计数，共享的权重只计一次。",
        "term_residual": "残差流",
        "term_residual_is": "贯穿所有块的隐状态；每个块在它上面加一个更新。正因如此，块才可以跳过。",
        "term_hidden": "隐状态",
        "term_hidden_is": "一层用来表示一个词元、一个图像块或一个样本的向量。",
        # scores and ranks
        "term_score": "得分",
        "term_score_is": "一种方法给每层的一个数，越高越重要。各方法的单位不同，只能在同一方法内比较各层。",
        "term_rank": "排名",
        "term_rank_is": "按得分排序后一层的名次：1 最重要。得分相同的层取平均名次。",
        "term_normalised": "归一化",
        "term_normalised_is": "线性拉伸，使最不重要的层为 0，最重要的层为 1。",
        "term_relative_depth": "相对深度",
        "term_relative_depth_is": "一层的深浅，第一层为 0，最后一层为 1：深度不同的模型由此可以并排比较。"
        "l 是层号，n 是层数。",
        "term_consensus": "共识",
        "term_consensus_is": "由多种方法的排名合成的一个排名，从 0（最不重要）到 1（最重要）。"
        "只用名次，因为得分的单位各不相同。",
        "term_mean_rank": "平均排名",
        "term_mean_rank_is": "一层在各方法中位置的平均值，每种方法 m 权重相同。r 是从最不重要的层数起的名次，n 是层数。"
        "",
        "term_borda": "Borda 计数",
        "term_borda_is": "在所有方法中，一层与其他层两两对决的胜率。方法按它比较了多少层来计权，平局算半胜。w 是胜场，"
        "d 是全部对决。",
        "term_median_rank": "中位排名",
        "term_median_rank_is": "一层在各方法中位置的中位数。三种以上方法一致时，一种异常的方法不会带来任何改变。",
        "term_kendall": "Kendall tau",
        "term_kendall_is": "两种排名有多接近：1 为次序相同，0 为毫无关联，−1 为次序相反。"
        "C 和 D 是两者判断一致与相反的层对数，S 和 T 是仅有一方打平的层对数。",
        "term_spearman": "Spearman 秩相关",
        "term_spearman_is": "两种排名有多接近：1 为次序相同，0 为毫无关联，−1 为次序相反。"
        "d 是一层在两种排名中的名次差，n 是层数。",
        # figures and how sure they are
        "term_measured": "实测",
        "term_measured_is": "模型真正构建并运行过。实测值用实线框或实心标记，估计值用虚线框或空心标记。",
        "term_estimated": "估计",
        "term_estimated_is": "根据单层和其他层子集的实测推断，带误差范围。实测之后由真值取代。",
        "term_counted": "计数",
        "term_counted_is": "精确值：由保留的层直接得出，没有噪声。",
        "term_interval": "95 % 区间",
        "term_interval_is": "换一批同类样本，数值会落在哪里：重复 100 次，约有 95 次这样的区间包含真值。SE 是标准误。",
        "term_error_bar": "90 % 误差范围",
        "term_error_bar_is": "十次中有九次，实测值落在其中；σ 是估计的标准差。它来自层子集上的高斯过程；"
        "每次实测落在其外，之后的误差范围就放宽；落在其内，就收窄一点。",
        "term_standard_error": "标准误",
        "term_standard_error_is": "换一批样本，样本均值会波动多少。s 是单个样本的标准差，N 是样本数。",
        "term_seed": "种子",
        "term_seed_is": "一次运行中所有随机选择的起点。种子相同，结果相同；换一个种子，可以看出偶然因素有多大。",
        "term_held_out": "留出样本",
        "term_held_out_is": "没有用于训练的样本。搜索样本用来选层，测试样本用来测量结果：选择过程不会美化测量结果。",
        "term_loss": "损失",
        "term_loss_is": "训练要减小的量：模型对正确答案 y 有多意外。以 nat 计；0.69 nat 相当于概率相差两倍。",
        "term_points": "百分点",
        "term_points_is": "两个百分比之差：从 80 % 到 78 % 是 2 个百分点。",
        # what a smaller model costs and keeps
        "term_ratio": "压缩比",
        "term_ratio_is": "缩小到几分之一：压缩前的层数 n 除以压缩后的层数 n′；若指明参数、FLOPs、时间或内存，"
        "则按它们计算。",
        "term_retention": "质量保留",
        "term_retention_is": "小模型保留了完整模型的多少质量：两者指标之比，m′ 为小模型，m 为完整模型。指标越低越好时，"
        "取倒数。",
        "term_speedup": "加速比",
        "term_speedup_is": "处理一批样本快多少倍：完整模型与小模型交替计时，取各对用时之比 t / t′ 的中位数。",
        "term_latency": "延迟",
        "term_latency_is": "从送入一批样本到得到答案的时间。显示中位数；p95 是 100 次调用中 95 次不超过的时间。",
        "term_memory": "权重内存",
        "term_memory_is": "权重在磁盘上占用的字节数：权重个数乘以每个的字节数。",
        "term_flops": "FLOPs",
        "term_flops_is": "一次前向的浮点运算次数，与机器无关：一次乘法和一次加法算两次。公式对应一个线性层。",
        "term_frontier": "前沿",
        "term_frontier_is": "在质量与大小（或速度）上不被任何其他模型同时超过的模型。其余的都不值得选。",
        "term_dominated": "被支配",
        "term_dominated_is": "另有一个实测模型在两个轴上都不差，并且在其中一个轴上好得超出噪声。",
        "term_knee": "拐点",
        "term_knee_is": "前沿弯折之处：压缩比 x 与质量 y 都缩放到 0 … 1 后，高出两端连线最多的点。越过它，"
        "每再缩小一步代价都更大。",
        # searching
        "term_one_shot": "一次性选择",
        "term_one_shot_is": "每层只打一次分，最低的几层一起去掉，中间不再测量。",
        "term_greedy": "贪心搜索",
        "term_greedy_is": "一次又一次去掉代价最小的那一层，每次都在已去掉的层（S）的基础上重新测量。",
        "term_beam": "集束搜索",
        "term_beam_is": "每一步保留最好的几个层子集，而不只是最好的一个的贪心搜索。",
        "term_evolutionary": "进化搜索",
        "term_evolutionary_is": "把最好子集中的层换成其他层，更好就保留，直到预算用完。",
        "term_protected": "受保护",
        "term_protected_is": "策略不会动第一层和最后一层：打分往往低估它们。手动则可以去掉。",
        # more than a cut
        "term_heal": "修复",
        "term_heal_is": "调整留下的权重，使缺口的影响变小；所用样本既不参与选层，也不用于测量结果。",
        "term_patch": "线性修补",
        "term_patch_is": "用最小二乘重新拟合缺口前的最后一个线性映射，使它输出缺口之后原本的内容（Y）。"
        "A 是它读取的特征，ΔW 是它的改变量。",
        "term_distillation": "蒸馏",
        "term_distillation_is": "以完整模型为教师，对小模型做短时训练：p 是教师的预测，q 是小模型的预测；L 是任务损失，"
        "h 是隐状态。",
        "term_lora": "LoRA",
        "term_lora_is": "只在每个权重矩阵旁训练两个细长矩阵的蒸馏，训练后再加回原矩阵。",
        "term_int8": "Int8",
        "term_int8_is": "线性层的权重存为 8 位整数 q，每个输出一个缩放系数 s。",
        "term_low_rank": "低秩",
        "term_low_rank_is": "把一个线性层换成两个细长的线性层，其乘积对输出的改变最小；C 是输入的二阶矩。",
        # depth that changes
        "term_depth": "动态深度",
        "term_depth_is": "同一组权重，多种深度：跳过某些层，数据流原样通过。保留的层集彼此嵌套，改变深度无需重新加载。",
        "term_controller": "控制器",
        "term_controller_is": "通过改变深度守住目标：预计超时就立即减层，确有余量才加层（滞回）。"
        "c 是某一深度的用时，m 和 v 是负载的均值与波动，T 是目标。",
        # within a layer
        "term_hsic": "HSIC",
        "term_hsic_is": "通过样本之间的相似度，衡量两组向量的相关程度（K、L 为核矩阵，H 去掉均值）。"
        "归一化后取值 0 到 1。",
        "term_parallel": "平行坐标",
        "term_parallel_is": "每种方法一条竖轴，每层一条线：线与轴的交点是该层在那种方法中的排名。线越平，方法越一致。",
    }
)
