"""What the Learn page says: the third to the sixth lesson."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        # 3
        "learn_sets_title": "Choose all layers at once, or search?",
        "learn_sets_line": "Why the cheapest layers one by one are not the cheapest together.",
        "learn_sets_text": "A one-shot plan scores every layer once and takes out the lowest. But the price of a set "
        "is not the sum of its parts: when one block is gone, another may have to do its work. Greedy search "
        "therefore measures again after every step. With {layers} blocks even all {sets} sets could be tried, so "
        "that here the best one is known. Change how many go: the gap between hollow and filled is what the sum "
        "misses.",
        "learn_sets_terms": "**ΔL(S)**: by how much the loss rises with all layers of the set S left out at once. "
        "**One-shot**: chosen without measuring in between. Nothing is protected here. The best of all sets was chosen "
        "on the very examples that it is measured on, which flatters it a little.",
        "learn_sets_control": "Layers that go",
        "learn_sets_do": "Compare strategies in What if, on BERT",
        "learn_sets_way": "Chosen by",
        "learn_sets_layers": "Layers",
        "learn_sets_cost": "Measured (nats)",
        "learn_sets_sum": "Sum of singles (nats)",
        # 4
        "learn_price_title": "What does 2.5x cost?",
        "learn_price_line": "Quality, speed, parameters and bytes at every ratio, beside the claim.",
        "learn_price_text": "“2.5x” counts layers, before over after; {layers} layers know only some ratios, here "
        "{near}. The claim is often that the model becomes as many times faster and smaller. But embeddings and head "
        "stay whole: here they hold {rest} of the parameters, so parameters and bytes shrink by less. Time is "
        "measured, in alternating pairs, and has an interval. And quality is measured on examples that chose nothing.",
        "learn_price_terms": "**Ratio**: layers before over layers after. **Speed-up**: median time of a batch "
        "before over after. P are the parameters outside the layers, p those of a layer, n and n′ the layers before "
        "and after.",
        "learn_price_control": "Compression ratio (layers before / after)",
        "learn_price_ratio": "Ratio",
        "learn_price_do": "Open this ratio in What if",
        # 5
        "learn_stream_title": "Why can a block be skipped at all?",
        "learn_stream_line": "The residual stream: every block only adds to what passes through.",
        "learn_stream_text": "A block does not replace the hidden state, it adds an update to it: what runs through "
        "all blocks is the residual stream. To skip a block is to set its update to zero, so that what comes out is "
        "what went in. If the update was short, the next block finds nearly what it is used to. Move the block and "
        "see how long its step is and how far it turns the stream. Length and turn see geometry only, so the "
        "measured cost stands beside them.",
        "learn_stream_terms": "**h**: the hidden state of a token. **f(h)**: what the block adds. **BI**, block "
        "influence: one minus the cosine between what goes in and what comes out.",
        "learn_stream_skipped": "skipped:",
        "learn_stream_control": "Block",
        "learn_stream_do": "Skip blocks of this model in Live",
        "learn_stream_block": "Block",
        "learn_stream_share": "Length of the update",
        "learn_stream_turn": "Turn (°)",
        "learn_stream_cost": "Left out (nats)",
        # 6
        "learn_groups_title": "What does a map of CKA say, and what not?",
        "learn_groups_line": "Blocks of similar layers, and why similar does not mean free.",
        "learn_groups_text": "CKA asks which examples two layers hold alike: 1 means the same geometry up to "
        "rotation and scale. Bright squares on the diagonal are stretches of layers that hold nearly one "
        "representation. Move the threshold and see where they break. What CKA does not say: whether a later layer "
        "needs the small difference; and a few examples or dominant directions can decide its value. So a bright "
        "square is a candidate for removal, not a proof.",
        "learn_groups_terms": "**K, L**: kernels of two layers' outputs, one row and column an example, diagonals "
        "set to zero; n examples. This HSIC is the unbiased estimator; each example is averaged over its tokens "
        "first.",
        "learn_groups_control": "Alike from a CKA of",
        "learn_groups_do": "Draw this map in Explore",
        "learn_groups_davari": "Davari et al. 2022, Reliability of CKA as a Similarity Measure in Deep Learning",
        "learn_groups_group": "Group",
        "learn_groups_least": "Least CKA within",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        # 3
        "learn_sets_title": "一次选定，还是搜索？",
        "learn_sets_line": "为什么单独最便宜的几层，合在一起并不最便宜。",
        "learn_sets_text": "一次性方案给每层打一次分，去掉分数最低的几层。但一组层的代价并不是各层代价之和："
        "一块去掉之后，另一块可能要承担它的工作。所以贪心搜索每走一步都重新测量。"
        "{layers} 块的全部 {sets} 种组合甚至都可以试遍，因此这里知道真正最好的组合。"
        "改变去掉的层数：空心与实心之间的差距，就是相加所漏掉的部分。",
        "learn_sets_terms": "**ΔL(S)**：同时去掉集合 S 中所有层时损失的增加。**一次性**：中间不再测量。"
        "这里不保护任何层。所有组合中最好的一个，是在用来测量它的同一批样本上选出的，因此略显乐观。",
        "learn_sets_control": "去掉的层数",
        "learn_sets_do": "在“假设”中比较各种策略（BERT）",
        "learn_sets_way": "选择方式",
        "learn_sets_layers": "层",
        "learn_sets_cost": "实测（nat）",
        "learn_sets_sum": "单独代价之和（nat）",
        # 4
        "learn_price_title": "2.5 倍压缩的代价是什么？",
        "learn_price_line": "每个压缩比下的质量、速度、参数和字节，与宣称的对照。",
        "learn_price_text": "“2.5x”指层数之比，压缩前除以压缩后；{layers} 层只有某些压缩比可选，这里是 {near}。"
        "常见的宣称是模型会快同样的倍数、小同样的倍数。但词嵌入和输出头原样保留：它们占参数的 {rest}，"
        "所以参数和字节缩小得更少。时间是交替成对实测的，带有区间。质量则在没有参与选层的样本上测量。",
        "learn_price_terms": "**压缩比**：压缩前层数除以压缩后层数。**加速**：一个批次的时间中位数，压缩前除以压缩后。"
        "P 是各层以外的参数，p 是一层的参数，n 和 n′ 是压缩前后的层数。",
        "learn_price_control": "压缩比（压缩前层数 / 压缩后层数）",
        "learn_price_ratio": "压缩比",
        "learn_price_do": "在“假设”中打开这个压缩比",
        # 5
        "learn_stream_title": "一个块为什么可以跳过？",
        "learn_stream_line": "残差流：每个块只是往流过的状态上加一点。",
        "learn_stream_text": "一个块并不替换隐状态，而是在它上面加一个更新：贯穿所有块的就是残差流。"
        "跳过一个块，就是让它的更新为零，输出等于输入。如果更新很短，下一块遇到的几乎还是它所习惯的输入。"
        "移动块号，看它的步子有多长、使残差流转过多少角度。长度和转角只反映几何，所以旁边列出实测的代价。",
        "learn_stream_terms": "**h**：一个 token 的隐状态。**f(h)**：该块加上的更新。"
        "**BI**，块影响力：1 减去输入与输出之间的余弦。",
        "learn_stream_skipped": "跳过：",
        "learn_stream_control": "块",
        "learn_stream_do": "在“实时”中跳过这个模型的块",
        "learn_stream_block": "块",
        "learn_stream_share": "更新的长度",
        "learn_stream_turn": "转角（°）",
        "learn_stream_cost": "去掉的代价（nat）",
        # 6
        "learn_groups_title": "CKA 图说明了什么，没有说明什么？",
        "learn_groups_line": "相似层构成的方块，以及为什么相似不等于可以免费去掉。",
        "learn_groups_text": "CKA 问的是两层把哪些样本看得相似：1 表示几何相同，只差旋转和缩放。"
        "对角线上明亮的方块，是几乎共有同一种表示的一段层。移动阈值，看它们在哪里断开。"
        "CKA 没有说明的是：后面的层是否需要那一点差别；而且少数样本或主导方向就能左右它的值。"
        "所以明亮的方块只是去层的候选，不是证明。",
        "learn_groups_terms": "**K、L**：两层输出的核矩阵，每个样本一行一列，对角线置零；n 为样本数。"
        "这里的 HSIC 是无偏估计；每个样本先对其 token 取平均。",
        "learn_groups_control": "CKA 达到多少算相似",
        "learn_groups_do": "在“探索”中画这张图",
        "learn_groups_davari": "Davari et al. 2022, Reliability of CKA as a Similarity Measure in Deep Learning",
        "learn_groups_group": "组",
        "learn_groups_least": "组内最小 CKA",
    }
)
