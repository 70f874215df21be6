"""What is said of the embedded models and their data, in Chinese; a model that is not here keeps its English."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class ModelWords(NamedTuple):
    """The words of one model's card."""

    title: str
    description: str
    trivial: str
    data: str
    data_description: str


CHINESE: Mapping[str, ModelWords] = MappingProxyType(
    {
        "zoo/audio-conformer": ModelWords(
            title="Conformer，8 块，口述数字",
            description="在噪声中听出一个从未听过的声音所念的数字。",
            trivial="总是回答同一个数字",
            data="eSpeak NG 合成的口述数字",
            data_description="38 种机器语音念的十个数字，六种英语口音，语速和音高随机，加噪声，8 kHz；按语音留出。",
        ),
        "zoo/audio-wav2vec2": ModelWords(
            title="Wav2Vec2，10 层，口述数字",
            description="在噪声中听出一个从未听过的声音所念的数字。",
            trivial="总是回答同一个数字",
            data="eSpeak NG 合成的口述数字",
            data_description="38 种机器语音念的十个数字，六种英语口音，语速和音高随机，加噪声，8 kHz；按语音留出。",
        ),
        "zoo/audio-whisper": ModelWords(
            title="Whisper，4 + 4 层，口述数",
            description="在噪声中逐字母写下一个从未听过的声音所念的数。",
            trivial="总是预测转写文本中该位置最常见的字母",
            data="eSpeak NG 合成的口述数",
            data_description="38 种机器语音念的零到九十九，六种英语口音，语速和音高随机，加噪声，8 kHz；按语音留出。",
        ),
        "zoo/graph-gat": ModelWords(
            title="GAT，8 块，近邻中的数字",
            description="借助相似的数字，认出只给出八分之一像素的手写数字；PyTorch Geometric 的层置于残差块中。",
            trivial="总是回答出现最多的数字",
            data="scikit-learn 手写数字，近邻图",
            data_description="手写数字，每个与像素最相近的四个相连，并只给出自身随机八分之一的像素；"
            "一个样本是一个数字及其周围 15 个数字。按书写者留出。",
        ),
        "zoo/graph-gcn": ModelWords(
            title="GCN，8 块，近邻中的数字",
            description="借助相似的数字，认出只给出八分之一像素的手写数字；PyTorch Geometric 的层置于残差块中。",
            trivial="总是回答出现最多的数字",
            data="scikit-learn 手写数字，近邻图",
            data_description="手写数字，每个与像素最相近的四个相连，并只给出自身随机八分之一的像素；"
            "一个样本是一个数字及其周围 15 个数字。按书写者留出。",
        ),
        "zoo/graph-gin": ModelWords(
            title="GIN，8 块，近邻中的数字",
            description="借助相似的数字，认出只给出八分之一像素的手写数字；PyTorch Geometric 的层置于残差块中。",
            trivial="总是回答出现最多的数字",
            data="scikit-learn 手写数字，近邻图",
            data_description="手写数字，每个与像素最相近的四个相连，并只给出自身随机八分之一的像素；"
            "一个样本是一个数字及其周围 15 个数字。按书写者留出。",
        ),
        "zoo/multimodal-clip": ModelWords(
            title="CLIP，两座各 5 层的塔，画面与描述",
            description="为画有一两个手写数字的小图找出对应的描述，也为描述找出对应的图。",
            trivial="在 10 个候选中随机选择",
            data="scikit-learn 手写数字，一图多个",
            data_description="32 x 32 像素的图上有一两个或大或小的手写数字，附有说明是哪些数字、多大、如何摆放的描述；"
            "按书写者留出。",
        ),
        "zoo/multimodal-pixels": ModelWords(
            title="像素上的 GPT-2，8 层，按描述画数字",
            description="按描述逐个灰度画出 8 x 8 像素的手写数字。",
            trivial="按各灰度出现的频率预测",
            data="scikit-learn 手写数字与描述",
            data_description="8 x 8 像素、8 级灰度的图上有一个手写数字，或大，或小而居于一角，并附有相应的描述；"
            "按书写者留出。",
        ),
        "zoo/rl-cartpole-policy": ModelWords(
            title="残差策略网络，8 块，平衡立杆",
            description="左右推动小车使杆不倒，从一个会向前看的玩家学来。",
            trivial="总是最常见的推法；随机推动在环境中的平均回报为 28",
            data="CartPole 观察记录",
            data_description="由向前看六步、十分之一随机的程序在 gymnasium 的 CartPole 中玩的各局；"
            "每一步记录它认为最好的推法。按局留出。",
        ),
        "zoo/rl-decision-transformer": ModelWords(
            title="Decision Transformer，8 块，甩起摆杆",
            description="读取最近十步和仍要求的回报，把 gymnasium 的 Acrobot 甩起来。",
            trivial="总是最常见的动作；随机动作在环境中的平均回报为 −500",
            data="Acrobot，玩得好坏都有",
            data_description="由不断注入能量的程序玩的 gymnasium Acrobot 各局，每十步一段，其中 0 到 60 % "
            "的动作是随机的。按局留出。",
        ),
        "zoo/tabular-ft-transformer": ModelWords(
            title="FT-Transformer，8 块，表格化的数字",
            description="由一行 64 个数认出手写数字，而不知道每个像素在哪里。",
            trivial="总是回答出现最多的数字",
            data="scikit-learn 手写数字，表格形式",
            data_description="8 x 8 像素的手写数字，写成一行 0 到 16 的整数；按书写者留出。",
        ),
        "zoo/tabular-resnet-mlp": ModelWords(
            title="残差 MLP，8 块，预测双摆位置",
            description="由角度、角速度和力矩预测双摆末端一秒后的高度；误差以高度的标准差为单位。",
            trivial="总是预测训练数据的平均高度",
            data="Acrobot，一秒之后",
            data_description="gymnasium Acrobot 的随机状态，在恒定力矩下按其方程走 5 步；每个状态只出现在一个划分中。",
        ),
        "zoo/tabular-sasrec": ModelWords(
            title="SASRec，12 层，下一个导入",
            description="预测 Python 标准库的一个文件接下来导入哪个模块，在全部模块中排名。",
            trivial="按训练部分的导入频率给所有模块排名",
            data="Python 标准库的导入",
            data_description="1,647 个文件、520 个模块、10,279 次导入，按文件首次出现的顺序。"
            "对有三次及以上交互的每个用户，最后一次用于测试，倒数第二次用于搜索，更早的用于训练；其余全部用于训练。",
        ),
        "zoo/text-bart": ModelWords(
            title="BART，4 + 4 层，一行概括一个地方",
            description="把介绍一个地方的段落概括成一行：城市、语言、货币、代码和星期。",
            trivial="总是写出最常见的词元",
            data="CLDR 事实，段落与单行",
            data_description="由 Unicode CLDR（取自 Babel）中的事实组成的段落；按事实留出："
            "留出段落所说的事实在训练中都没有出现，训练时给每个地方配的是其他地方的事实。",
        ),
        "zoo/text-bert": ModelWords(
            title="BERT，12 层，文档字符串的主题",
            description="判断一段文档字符串来自 Python 标准库的哪个领域。",
            trivial="总是回答“packaging & imports”",
            data="Python 标准库文档字符串",
            data_description="模块、类和函数的文档字符串片段，分属十一个领域；按定义留出，模块自身的名称已遮盖。",
        ),
        "zoo/text-bert-qa": ModelWords(
            title="BERT，8 层，关于地方的问答",
            description="在关于货币、语言、城市和代码的段落中标出问题的答案。",
            trivial="总是标出答案最常出现的位置",
            data="CLDR 事实，问与答",
            data_description="由 Unicode CLDR（取自 Babel）中的事实组成的段落；按事实留出："
            "留出段落所说的事实在训练中都没有出现，训练时给每个地方配的是其他地方的事实。",
        ),
        "zoo/text-bert-retrieval": ModelWords(
            title="BERT，8 层，由一行说明找函数",
            description="找出一行说明所描述的标准库类或函数。共有的词起了大部分作用：一半的层几乎可以无代价地去掉。",
            trivial="12 个候选随机排序的平均结果",
            data="Python 标准库定义",
            data_description="文档字符串的首行，以及去掉文档字符串后的类和函数，各在 12 个候选之中；按顶层定义留出。",
        ),
        "zoo/text-gpt2": ModelWords(
            title="GPT-2，8 层，Python 文档",
            description="续写 Python 自带文档的片段。",
            trivial="只知道每个词元的出现频率",
            data="Python 标准库文档字符串与语言参考",
            data_description="类和函数的文档字符串片段，以及 help() 显示的语言参考片段；按定义和章节留出。",
        ),
        "zoo/text-llama": ModelWords(
            title="Llama，8 层，Python 文档",
            description="续写 Python 自带文档的片段。",
            trivial="只知道每个词元的出现频率",
            data="Python 标准库文档字符串与语言参考",
            data_description="类和函数的文档字符串片段，以及 help() 显示的语言参考片段；按定义和章节留出。",
        ),
        "zoo/text-t5": ModelWords(
            title="T5，4 + 4 层，英语到德语",
            description="把名称、日期、数量、金额和列表从英语译成德语。",
            trivial="总是写出最常见的词元",
            data="CLDR 短语，英语与德语",
            data_description="由 Unicode CLDR（取自 Babel）组成的短语；按短语留出：留出部分的日期、"
            "数量和列表都没有见过，其中的名称和单位则见过。",
        ),
        "zoo/vision-convnext": ModelWords(
            title="ConvNeXt，10 块，杂乱画面中的数字",
            description="在混有其他数字碎片的小图中，认出唯一完整的手写数字。",
            trivial="总是回答“1”",
            data="scikit-learn 手写数字，合成画面",
            data_description="手写数字经旋转、缩放后随机放在 24 x 24 的画布上，并混有其他数字的碎片和噪声；"
            "按书写者留出。",
        ),
        "zoo/vision-resnet": ModelWords(
            title="ResNet，12 块，杂乱画面中的数字",
            description="在混有其他数字碎片的小图中，认出唯一完整的手写数字。",
            trivial="总是回答出现最多的数字",
            data="scikit-learn 手写数字，合成画面",
            data_description="手写数字经旋转、缩放后随机放在 24 x 24 的画布上，并混有其他数字的碎片和噪声；"
            "按书写者留出。",
        ),
        "zoo/vision-segformer": ModelWords(
            title="SegFormer，8 层，画面中的数字",
            description="判断小图的每个像素属于哪个手写数字，或不属于任何数字。",
            trivial="把所有像素都判为背景",
            data="scikit-learn 手写数字，一图多个",
            data_description="32 x 32 像素、带噪声的图上有一到三个或大或小的手写数字；掩码严格贴合笔迹；按书写者留出。",
        ),
        "zoo/vision-vit": ModelWords(
            title="ViT，12 块，杂乱画面中的数字",
            description="在混有其他数字碎片的小图中，认出唯一完整的手写数字。",
            trivial="总是回答“1”",
            data="scikit-learn 手写数字，合成画面",
            data_description="手写数字经旋转、缩放后随机放在 24 x 24 的画布上，并混有其他数字的碎片和噪声；"
            "按书写者留出。",
        ),
        "zoo/vision-yolos": ModelWords(
            title="YOLOS，8 层，画面中的数字",
            description="找出小图上的手写数字：各是几，以及各自的框。",
            trivial="不报告任何物体",
            data="scikit-learn 手写数字，一图多个",
            data_description="32 x 32 像素、带噪声的图上有一到三个或大或小的手写数字；框严格包围笔迹；按书写者留出。",
        ),
    }
)

LICENCES: Mapping[str, str] = MappingProxyType(
    {
        "made by this project's recipe; no rights are claimed": "由本项目的配方生成；不主张任何权利",
        "made by this project with gymnasium (MIT)": "由本项目用 gymnasium（MIT）生成",
    }
)
