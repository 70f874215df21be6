"""Sentences that the core makes while it works and of what it leaves out, in Chinese. ``{...}`` stands for any words.

What is not here is shown in English, as errors are: a plug-in may say anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CHINESE: tuple[tuple[str, str], ...] = (
    # how far a run is
    ("Starting", "正在启动"),
    ("Waiting for its turn.", "正在排队。"),
    ("Waiting for a worker to start.", "正在等待工作进程启动。"),
    ("Loading the model", "正在加载模型"),
    ("Weights", "权重"),
    ("Shared pass", "共享传播"),
    ("Shared pass: {seen} of {examples} examples", "共享传播：{seen} / {examples} 个样本"),
    (
        "Skipping each of {layers} layers: batch {batch} of {batches}",
        "逐层跳过，共 {layers} 层：第 {batch} / {batches} 批",
    ),
    (
        "Skipping {sets} sets of layers together: batch {batch} of {batches}",
        "跳过 {sets} 组层：第 {batch} / {batches} 批",
    ),
    (
        "Path step {step} of {steps}: batch {batch} of {batches}",
        "路径第 {step} / {steps} 步：第 {batch} / {batches} 批",
    ),
    (
        "Patching layer {layer} of {layers}: batch {batch} of {batches}",
        "修补第 {layer} / {layers} 层：第 {batch} / {batches} 批",
    ),
    (
        "Subset {subset} of {subsets}: batch {batch} of {batches}",
        "子集 {subset} / {subsets}：第 {batch} / {batches} 批",
    ),
    (
        "Dropout in layer {layer} of {layers}, mask {mask} of {masks}",
        "第 {layer} / {layers} 层 dropout，掩码 {mask} / {masks}",
    ),
    ("Running {method}", "正在运行 {method}"),
    ("Greedy removal: layer {layer}", "贪心去层：第 {layer} 个"),
    ("Measuring the steps on the way", "测量途中的每一步"),
    ("Beam search: layer {layer} of {layers}", "集束搜索：第 {layer} / {layers} 层"),
    ("Healing: patch {patch} of {patches}", "修复：第 {patch} / {patches} 处修补"),
    ("Healing: step {step}, loss {loss} on the search examples", "修复：第 {step} 步，搜索样本上的损失 {loss}"),
    ("Exporting and loading again in a fresh process", "导出，并在全新进程中重新加载"),
    ("Building all depths: {share}", "正在构建各个深度：{share}"),
    ("Timing all depths", "正在测量各个深度的用时"),
    ("Building depth {depth}", "正在构建深度 {depth}"),
    ("Measuring depth {depth}", "正在测量深度 {depth}"),
    ("Storing the result", "正在保存结果"),
    # why a layer must stay
    ("It is the whole model.", "它就是整个模型。"),
    (
        "Its output has another shape than its input, so the next layer could not take its place.",
        "它的输出与输入形状不同，下一层无法顶替它的位置。",
    ),
    (
        "It did not run on the example, so nothing shows that the model works without it.",
        "它在样例上没有运行，无法表明没有它模型也能工作。",
    ),
    (
        "It runs {uses} times in one pass with the same weights, so a single use of it cannot be taken out.",
        "它在一次传播中以同样的权重运行 {uses} 次，无法只去掉其中一次。",
    ),
    # why a method says nothing
    ("No layer of this model has weights.", "该模型没有带权重的层。"),
    ("Every layer changes the shape of the hidden state.", "每一层都改变隐藏状态的形状。"),
    ("Its output has another shape than its input.", "它的输出与输入形状不同。"),
    ("The model has no attention.", "该模型没有注意力。"),
    (
        "It needs at least {fewest} examples; there are {examples}.",
        "至少需要 {fewest} 个样本，现有 {examples} 个。",
    ),
    (
        "CKA needs at least {fewest} examples; there are {examples}.",
        "CKA 至少需要 {fewest} 个样本，现有 {examples} 个。",
    ),
    (
        "HSIC needs at least {fewest} examples; there are {examples}.",
        "HSIC 至少需要 {fewest} 个样本，现有 {examples} 个。",
    ),
    (
        "Loops need at least {fewest} examples; there are {examples}.",
        "环至少需要 {fewest} 个样本，现有 {examples} 个。",
    ),
    ("It returned no scores.", "它没有返回得分。"),
    ("It has no weights of its own.", "它没有自己的权重。"),
    ("The loss does not react to its output.", "损失对它的输出没有反应。"),
    ("The gradient at its output is not finite; try float32.", "它输出处的梯度不是有限值；请试用 float32。"),
    (
        "All {examples} examples have the same answer: there is nothing to know.",
        "全部 {examples} 个样本的答案相同：没有可知的信息。",
    ),
    ("What enters the first layer is the same for every example.", "进入第一层的内容对每个样本都相同。"),
    (
        "Its output is the same for every example, or it did not run for each of them.",
        "它的输出对每个样本都相同，或它没有对每个样本运行。",
    ),
    ("What the layer before it puts out is the same for every example.", "它前一层的输出对每个样本都相同。"),
    ("Too few different examples to normalise HSIC.", "不同的样本太少，无法归一化 HSIC。"),
    (
        "It runs {runs} times in one pass, so it has no single output.",
        "它在一次传播中运行 {runs} 次，没有唯一的输出。",
    ),
    (
        "Its input or its output is the same for every example, so there is no alignment to measure.",
        "它的输入或输出对每个样本都相同，无法度量对齐程度。",
    ),
    ("It compares layers, of which it needs {fewest}.", "它比较各层，至少需要 {fewest} 层。"),
    ("Its output is the same for every token.", "它的输出对每个词元都相同。"),
    ("Its output is not finite; try float32.", "它的输出不是有限值；请试用 float32。"),
    (
        "None of its weight matrices has {fewest} or more different eigenvalues, so no tail can be fitted.",
        "它没有一个权重矩阵有 {fewest} 个以上不同的特征值，无法拟合尾部。",
    ),
    (
        "At every layer, all examples fall on one place before it or after it.",
        "在每一层，所有样本在它之前或之后都落在同一处。",
    ),
    ("It has no self-attention.", "它没有自注意力。"),
    ("Its attention never shows its probabilities.", "它的注意力从不给出概率。"),
    (
        "In {name} the model gives values and no probabilities, so there is no mutual information to measure.",
        "在 {name} 任务中模型给出的是数值而不是概率，没有互信息可测。",
    ),
    (
        "It runs {uses} times in one pass, so a single use of it cannot be told from the others.",
        "它在一次传播中运行 {uses} 次，无法区分其中哪一次。",
    ),
    ("It takes no hidden state.", "它不接收隐藏状态。"),
    ("It puts out no hidden state.", "它不输出隐藏状态。"),
    # trust
    ("Layer ablation was not run.", "没有运行层消融。"),
    ("It is the measurement that the others are compared with.", "它就是其他方法与之比较的实测。"),
    ("It does not apply to this model.", "它不适用于该模型。"),
    (
        "It and layer ablation score fewer than {fewest} layers together.",
        "它与层消融共同打分的层少于 {fewest} 个。",
    ),
    (
        "It or layer ablation scores all layers alike, so there are no ranks to compare.",
        "它或层消融给所有层打了同样的分，没有排名可比。",
    ),
    # why a method is proposed, or not
    (
        "It would add about {asked}, and of {budget} only {left} are left.",
        "它还要约 {asked}，而 {budget} 中只剩 {left}。",
    ),
    (
        "It measures what the others estimate, and fits: about {cost}.",
        "它实测其他方法所估计的，且放得下：约 {cost}。",
    ),
    ("It fits as a further look at {what}: about {cost} more.", "放得下，可再看一次{what}：约增加 {cost}。"),
    (
        "Of what fits, the most useful for its time that looks at {what}: about {cost} more.",
        "放得下的方法中，考察{what}且单位时间最有用的一个：约增加 {cost}。",
    ),
    ("It runs its own code, so its cost cannot be predicted.", "它运行自己的代码，开销无法预测。"),
    # forms of data, and how one was recognised
    ("Questions on paragraphs", "段落问答"),
    ("JSON in SQuAD's form, 1.1 or 2.0", "SQuAD 1.1 或 2.0 格式的 JSON"),
    ("Amazon reviews, 2014 and 2018", "Amazon 评论，2014 与 2018"),
    (
        "JSON lines with reviewerID, asin, overall, unixReviewTime",
        "含 reviewerID、asin、overall、unixReviewTime 的 JSON 行",
    ),
    ("Amazon reviews, 2023", "Amazon 评论，2023"),
    (
        "JSON lines or CSV with user_id, parent_asin, rating, timestamp in milliseconds",
        "含 user_id、parent_asin、rating、timestamp（毫秒）的 JSON 行或 CSV",
    ),
    ("MovieLens ratings", "MovieLens 评分"),
    ("u.data with tabs, or ratings.csv", "以制表符分隔的 u.data，或 ratings.csv"),
    ("Users and items", "用户与物品"),
    ("lines 'user item' of numbers, in the order of time", "每行两个数“user item”，按时间顺序"),
    ("Graph", "图"),
    (
        "edges.csv with source,target and nodes.csv with node, label and features",
        "含 source,target 的 edges.csv，以及含 node、label 和特征的 nodes.csv",
    ),
    ("Pictures with boxes", "带框的图像"),
    ("PNG or JPEG files and a JSON file in COCO's form", "PNG 或 JPEG 文件，以及一个 COCO 格式的 JSON 文件"),
    ("Pictures with masks", "带掩码的图像"),
    (
        "folders images and masks with a PNG of the same name for each picture",
        "images 和 masks 两个文件夹，每张图像各有一个同名 PNG",
    ),
    ("Sounds with transcripts", "带转写的声音"),
    (
        "WAV or FLAC files and transcripts.tsv with lines file<TAB>text",
        "WAV 或 FLAC 文件，以及每行为 file<TAB>text 的 transcripts.tsv",
    ),
    ("Sounds by class", "按类别分的声音"),
    ("one folder of WAV or FLAC files a class", "每类一个文件夹，内有 WAV 或 FLAC 文件"),
    ("Pictures by class", "按类别分的图像"),
    ("one folder of PNG or JPEG files a class", "每类一个文件夹，内有 PNG 或 JPEG 文件"),
    ("Parallel texts", "平行文本"),
    (
        "two text files, line by line, such as train.en and train.de",
        "逐行对应的两个文本文件，例如 train.en 和 train.de",
    ),
    ("Table", "表格"),
    ("CSV or Parquet with a column for each text, number and label", "CSV 或 Parquet，每种文本、数值和标签各占一列"),
    ("it holds paragraphs with questions", "其中有段落和问题"),
    ("it holds pictures and a JSON file", "其中有图像和一个 JSON 文件"),
    ("it lists images and annotations", "其中列出 images 和 annotations"),
    ("it is a {suffix} file", "它是一个 {suffix} 文件"),
    ("it holds folders '{pictures}' and '{masks}'", "其中有文件夹 {pictures} 和 {masks}"),
    ("it holds '{name}'", "其中有 {name}"),
    ("it comes as edges ('{edges}') and nodes ('{nodes}')", "由边（{edges}）和节点（{nodes}）组成"),
    ("'{one}' and '{other}' belong together", "{one} 与 {other} 成对"),
    ("the column is called {name} and holds numbers that are no classes", "列名为 {name}，且数值不是类别"),
    ("the column is called {name}", "列名为 {name}"),
    ("its values are the longest, {count} words on average", "其值最长，平均 {count} 个词"),
    ("these columns hold numbers", "这些列是数值"),
    ("the one column of few words", "唯一只有少数词的列"),
    # what a ratio counts
    ("layers", "层数"),
    ("parameters", "参数量"),
    ("milliseconds", "毫秒"),
    ("bytes", "字节"),
)
INSERTED: Mapping[str, str] = MappingProxyType(
    {
        "the loss without a layer": "缺一层时的损失",
        "the loss without several layers": "缺多层时的损失",
        "what repairs a corrupted run": "什么能修复受扰运行",
        "answers without a layer": "缺一层时的答案",
        "gradients of the loss": "损失的梯度",
        "attributions to layers": "对各层的归因",
        "attention heads": "注意力头",
        "how hidden states change": "隐藏状态如何变化",
        "how much of the width is used": "宽度用了多少",
        "the shape of the data": "数据的形状",
        "the weights alone": "权重本身",
        "what other models taught": "从其他模型学到的规律",
        "something of its own": "它自己的角度",
    }
)
"""Words that the core puts into such a sentence."""
