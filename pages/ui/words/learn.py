"""What the Learn page says: its list, what all lessons share, and the first two lessons."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pages.ui.words import learn_more

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        **learn_more.ENGLISH,
        "learn_title": "Six short lessons",
        "learn_lead": "Each drives the real app on a real model, and ends with a question. Every figure was measured.",
        "learn_of": "Lesson {number} of {lessons}",
        "learn_minutes": "{minutes} min",
        "learn_open": "Open lesson {number}",
        "learn_solved": "solved",
        "learn_teaser": "From the first lesson",
        "learn_all": "All lessons",
        "learn_previous": "Before: {title}",
        "learn_next": "Next: {title}",
        "learn_progress": "Lesson {number} of {lessons}; solved: {solved}",
        "learn_do_it": "Do it yourself",
        "learn_question": "A question",
        "learn_check": "Check",
        "learn_show": "Show the answer",
        "learn_pick_first": "Pick an answer first.",
        "learn_right": "Right",
        "learn_wrong": "Not quite",
        "learn_wrong_hint": "The figure knows: move its control and look again.",
        "learn_answer": "The answer: {answer}",
        "learn_table": "The same as a table",
        "learn_read": "To read: {papers}",
        "learn_made": "Measured: {when} · {versions}. Anyone can make it again with “{command}”.",
        "learn_gone_title": "There is no such lesson",
        "learn_gone": "The address names the lesson “{name}”. These are the ones that there are.",
        "learn_missing_title": "The results of the lessons are not installed",
        "learn_missing": "Make them with “layerwise zoo lessons”, or install the project again.",
        "learn_no_showcase": "This lesson shows the result that ships with the app. Make it with “layerwise zoo "
        "showcase”, or install the project again.",
        # 1
        "learn_first_title": "Why does the first layer look unimportant, and is not?",
        "learn_first_line": "Scores that look at shapes and activations, against leaving the layer out.",
        "learn_first_text": "A score guesses how important a layer is without ever leaving it out: it looks at "
        "weights, activations or gradients. For {low} the first block is one of the least important. They do not see "
        "that everything later is built on what it makes of the bare word embeddings. Measured removal asks the "
        "question itself: leave the layer out, run the same examples, compare the loss. This is why the app protects "
        "the first and the last layer unless told otherwise.",
        "learn_first_terms": "**Score**: a number a layer, higher is more important; T is that of Taylor. **L**: the "
        "loss, of the model f with or without layer l. **Removal**: the layer is skipped, its input goes on as its "
        "output. **Nat**: unit of the loss; 0.69 nats are a factor of 2 in probability.",
        "learn_first_control": "Layer",
        "learn_first_do": "Rank the layers of this model in Explore",
        "learn_first_score": "Score",
        "learn_first_place": "Place",
        # 2
        "learn_pair_title": "What if two methods disagree?",
        "learn_pair_line": "Two rankings of the same layers, and a measurement that judges them.",
        "learn_pair_text": "Every method asks another question, so two rankings of the same layers need not agree. "
        "Each point is a layer: its place by one method along, by the other upright; on the dotted line they agree. "
        "Spearman's coefficient says in one number how alike two rankings are, from −1 to 1, and its interval how "
        "far other examples could have moved it. The colour is the judge: the lighter a layer, the more it really "
        "costs to leave it out. Trust the method along whose axis the colours are sorted.",
        "learn_pair_terms": "**Rank**: 1 is the most important layer. **Interval**: scores drawn within their standard "
        "errors, 1000 times. d is the difference of a layer's two ranks, n the number of layers; ties share ranks.",
        "learn_pair_one": "Along",
        "learn_pair_other": "Upright",
        "learn_pair_same": "That is one method twice. Pick two different ones.",
        "learn_pair_do": "See which methods agree in Explore",
        "learn_pair_layer": "Layer",
        "learn_pair_measured": "Place by removal",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        **learn_more.CHINESE,
        "learn_title": "六节短课",
        "learn_lead": "每一课都在真实模型上操作真实的应用，最后有一道题。所有数字都是实测的。",
        "learn_of": "第 {number} 课，共 {lessons} 课",
        "learn_minutes": "{minutes} 分钟",
        "learn_open": "打开第 {number} 课",
        "learn_solved": "已答对",
        "learn_teaser": "选自第一课",
        "learn_all": "全部课程",
        "learn_previous": "上一课：{title}",
        "learn_next": "下一课：{title}",
        "learn_progress": "第 {number} 课，共 {lessons} 课；已答对 {solved} 题",
        "learn_do_it": "自己动手",
        "learn_question": "一道题",
        "learn_check": "检查",
        "learn_show": "显示答案",
        "learn_pick_first": "请先选一个答案。",
        "learn_right": "答对了",
        "learn_wrong": "不太对",
        "learn_wrong_hint": "答案就在图里：动一动控件，再看一看。",
        "learn_answer": "答案：{answer}",
        "learn_table": "同样的内容，表格形式",
        "learn_read": "参考文献：{papers}",
        "learn_made": "测量时间：{when} · {versions}。任何人都可以用 {command} 重新生成。",
        "learn_gone_title": "没有这一课",
        "learn_gone": "地址中的课程名是“{name}”。现有的课程如下。",
        "learn_missing_title": "课程的结果没有安装",
        "learn_missing": "请运行 layerwise zoo lessons 生成，或重新安装本项目。",
        "learn_no_showcase": "这一课展示随应用附带的结果。请运行 layerwise zoo showcase 生成，或重新安装本项目。",
        # 1
        "learn_first_title": "第一层为什么看似不重要，其实重要？",
        "learn_first_line": "只看形状和激活的打分，对照真正去掉这一层。",
        "learn_first_text": "打分并不真的去掉某一层，而是根据权重、激活或梯度来猜测它有多重要。"
        "在 {low} 看来，第一块是最不重要的层之一。它们看不到：后面的一切都建立在第一块对原始词向量的加工之上。"
        "实测去层则直接提出问题本身：去掉这一层，在同样的样本上运行，比较损失。"
        "因此，除非另行指定，本应用总是保护第一层和最后一层。",
        "learn_first_terms": "**打分**：每层一个数，越高越重要。**去层**：跳过该层，输入直接作为输出。"
        "**L**：模型 f 带或不带第 l 层时的损失；T 是泰勒打分。**nat**：损失的单位；0.69 nat 相当于概率相差 2 倍。",
        "learn_first_control": "层",
        "learn_first_do": "在“探索”中给这个模型的各层排序",
        "learn_first_score": "打分",
        "learn_first_place": "名次",
        # 2
        "learn_pair_title": "两种方法不一致怎么办？",
        "learn_pair_line": "同一批层的两种排名，以及评判它们的实测。",
        "learn_pair_text": "每种方法问的问题不同，所以对同样的层，两种排名不必一致。"
        "每个点是一层：横轴是它在一种方法中的名次，纵轴是另一种；落在虚线上表示两者一致。"
        "Spearman 相关系数用一个数说明两种排名有多接近，取值 −1 到 1；它的区间说明换一批样本会有多大变动。"
        "颜色是裁判：越亮的层，真正去掉它的代价越大。哪条轴上颜色排得整齐，就信哪种方法。",
        "learn_pair_terms": "**名次**：1 是最重要的层。**区间**：按标准误重新抽取打分 1000 次。"
        "d 是一层在两种排名中的名次差，n 是层数；并列者取平均名次。",
        "learn_pair_one": "横轴",
        "learn_pair_other": "纵轴",
        "learn_pair_same": "两边是同一种方法。请选两种不同的方法。",
        "learn_pair_do": "在“探索”中看哪些方法一致",
        "learn_pair_layer": "层",
        "learn_pair_measured": "实测名次",
    }
)
