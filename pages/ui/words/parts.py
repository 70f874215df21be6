"""What the heatmap and What if say of parts of blocks, of stages, of folding, and of picking a layer anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        # the heatmap
        "fold_parts": "Blocks as one",
        "fold_help": "A block has several parts here. Folded, a block shows the highest of its parts' scores; a click "
        "picks that part. Unfolded, every part has a column of its own.",
        "fold_note": "A block shows the highest of its parts; click on one for that part",
        "table_pick": "Picked layer",
        # what if: the map of all methods
        "map_title": "All methods: click layers out on the heatmap",
        "map_note": "The same layers as in the strip. A click on a cell takes its layer out, or puts it back.",
        "protected_by_hand": "Layer {layer} is protected: strategies leave it alone. By hand you may take it out.",
        # what if: strategies side by side
        "beside_strategies": "Beside it",
        "beside_help": "Curves of other strategies, in faint lines. The chosen one stands out.",
        # what if: from the estimate to the measurement
        "handed_over": "Estimated {guess} ({low} {dash} {high}) without this measurement, measured {value}: "
        "{difference}, {verdict}.",
        "handed_over_above": "{miss} points above the estimate",
        "handed_over_below": "{miss} points below the estimate",
        "handed_over_equal": "no difference",
        "handed_over_inside": "inside its 90 % error bar",
        "handed_over_outside": "outside its 90 % error bar",
        # what if: parts of blocks
        "ratio_parts": "Compression ratio (parts before / after)",
        "ratio_help_parts": "Counts attention and feed-forward parts of blocks. Only these ratios exist for this "
        "model. The first and the last part are protected from strategies.",
        "ratio_of_parts": "{ratio} · {kept} parts",
        "strip_title_parts": "{kept} of {all} parts stay",
        "strip_note_parts": "Click a part to take it out or put it back. Strategies leave parts {protected} alone "
        "(marked below).",
        "by_keyboard_parts": "Choose parts from a list",
        "removed_layers_parts": "Parts that go",
        "keep_one_parts": "At least one part must stay.",
        "nothing_removed_parts": "Nothing is taken out. Move the ratio or click on a part.",
        "download_parts": "Download the model with {layers} parts (zip, {size})",
        "recipe_layers_parts": "Parts kept, removed",
        "against_layers_parts": "Parts",
        "search_layers_parts": "parts",
        "result_kicker_parts": "{task} · {layers} parts of blocks",
        # what if: stages
        "ratio_stages": "Compression ratio (stages before / after)",
        "ratio_help_stages": "Counts whole stages of blocks. Only these ratios exist for this model. The first and the "
        "last stage are protected from strategies.",
        "ratio_of_stages": "{ratio} · {kept} stages",
        "strip_title_stages": "{kept} of {all} stages stay",
        "strip_note_stages": "Click a stage to take it out or put it back. Strategies leave stages {protected} alone "
        "(marked below).",
        "by_keyboard_stages": "Choose stages from a list",
        "removed_layers_stages": "Stages that go",
        "keep_one_stages": "At least one stage must stay.",
        "nothing_removed_stages": "Nothing is taken out. Move the ratio or click on a stage.",
        "download_stages": "Download the model with {layers} stages (zip, {size})",
        "recipe_layers_stages": "Stages kept, removed",
        "against_layers_stages": "Stages",
        "search_layers_stages": "stages",
        "result_kicker_stages": "{task} · {layers} stages",
        "no_patch": "A linear patch stands for whole blocks: it is not offered where parts or stages go.",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "fold_parts": "按块合并",
        "fold_help": "此处每个块有多个部分。合并时，块显示其部分得分中的最高值，点击即选中该部分；"
        "展开时，每个部分各占一列。",
        "fold_note": "每个块显示其部分中的最高值；点击即选中该部分",
        "table_pick": "选中的层",
        "map_title": "所有方法：在热力图上点击去掉层",
        "map_note": "与上方条带是同样的层。点击单元格可去掉该层，再次点击则放回。",
        "protected_by_hand": "{layer}受保护：策略不会动它，但你可以手动去掉。",
        "beside_strategies": "对照策略",
        "beside_help": "以浅色线条显示其他策略的曲线，当前选中的策略突出显示。",
        "handed_over": "不计本次测量时的估计为 {guess}（{low} {dash} {high}），实测 {value}：{difference}，{verdict}。",
        "handed_over_above": "比估计高 {miss} 个百分点",
        "handed_over_below": "比估计低 {miss} 个百分点",
        "handed_over_equal": "与估计无差别",
        "handed_over_inside": "落在 90 % 误差范围之内",
        "handed_over_outside": "落在 90 % 误差范围之外",
        "ratio_parts": "压缩比（压缩前 / 压缩后的部分数）",
        "ratio_help_parts": "按块内的注意力与前馈部分计数。该模型只存在这些压缩比。首尾两个部分不受策略影响。",
        "ratio_of_parts": "{ratio} · {kept} 个部分",
        "strip_title_parts": "保留 {all} 个部分中的 {kept} 个",
        "strip_note_parts": "点击部分可去掉或放回。策略不会动部分 {protected}（下方有标记）。",
        "by_keyboard_parts": "从列表中选择部分",
        "removed_layers_parts": "要去掉的部分",
        "keep_one_parts": "至少要保留一个部分。",
        "nothing_removed_parts": "尚未去掉任何部分。拖动压缩比，或点击某个部分。",
        "download_parts": "下载 {layers} 个部分的模型（zip，{size}）",
        "recipe_layers_parts": "保留、去掉的部分",
        "against_layers_parts": "部分",
        "search_layers_parts": "部分",
        "result_kicker_parts": "{task} · {layers} 个块内部分",
        "ratio_stages": "压缩比（压缩前 / 压缩后的阶段数）",
        "ratio_help_stages": "按整个阶段计数。该模型只存在这些压缩比。首尾两个阶段不受策略影响。",
        "ratio_of_stages": "{ratio} · {kept} 个阶段",
        "strip_title_stages": "保留 {all} 个阶段中的 {kept} 个",
        "strip_note_stages": "点击阶段可去掉或放回。策略不会动阶段 {protected}（下方有标记）。",
        "by_keyboard_stages": "从列表中选择阶段",
        "removed_layers_stages": "要去掉的阶段",
        "keep_one_stages": "至少要保留一个阶段。",
        "nothing_removed_stages": "尚未去掉任何阶段。拖动压缩比，或点击某个阶段。",
        "download_stages": "下载 {layers} 个阶段的模型（zip，{size}）",
        "recipe_layers_stages": "保留、去掉的阶段",
        "against_layers_stages": "阶段",
        "search_layers_stages": "阶段",
        "result_kicker_stages": "{task} · {layers} 个阶段",
        "no_patch": "线性修补代替的是整个块：去掉部分或阶段时不提供。",
    }
)
