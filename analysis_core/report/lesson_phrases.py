"""The words of the lessons' findings, figures and questions, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "lesson_yes": "Yes",
        "lesson_no": "No",
        "lesson_factor": "about {factor} times",
        "lesson_span": "{low} to {high}",
        "lesson_neighbours": "{one} and {other}",
        "lesson_nats": "nats",
        # 1
        "lesson_measured_row": "Measured: left out",
        "lesson_first_dearest": "Layer {layer}: {low} of {scores} scores place it in their lower half; leaving it out "
        "costs {loss} nats, more than any other",
        "lesson_first_cheapest": "Layer {layer}: {low} of {scores} scores place it in their lower half; leaving it out "
        "costs {loss} nats, less than any other",
        "lesson_first_finding": "Layer {layer}: {low} of {scores} scores place it in their lower half; leaving it out "
        "costs {loss} nats, place {rank} of {layers}",
        "lesson_cost_interval": "Measured: {loss} ± {spread} nats (95 %) on {examples} examples; every dot is a place "
        "in a ranking",
        "lesson_place_axis": "Place in the ranking (1 = most important)",
        "lesson_place_hover": "<b>{title}</b><br>place {rank} of {known}",
        "lesson_place_score_hover": "<b>{title}</b><br>place {rank} of {known}, score {score} {unit}",
        "lesson_first_question": "Which of these scores, taken at its word, would throw layer {layer} out first?",
        "lesson_first_because": "{method} gives layer {layer} place {rank} of {layers}. Leaving it out costs {loss} "
        "nats, {factor} times as much as the next dearest layer. In their lower half it is placed by {low}.",
        # 2
        "lesson_pair_alike": "{one} and {other} rank the layers alike",
        "lesson_pair_loose": "{one} and {other} agree only loosely",
        "lesson_pair_none": "{one} and {other} have little to do with each other",
        "lesson_pair_against": "{one} and {other} contradict each other",
        "lesson_pair_interval": "Spearman {value} ({low} to {high}, 95 %) over {layers} layers",
        "lesson_pair_alone": "Spearman {value} over {layers} layers; one of the two gives no standard errors, so there "
        "is no interval",
        "lesson_pair_is_judge": "{judge} is itself the measurement that scores are judged by.",
        "lesson_pair_sides": "Measured removal sides with {one} (Spearman {better}), not with {other} ({worse}).",
        "lesson_pair_open": "Measured removal lies closer to {one} (Spearman {better}) than to {other} ({worse}), but "
        "other examples could turn that round.",
        "lesson_rank_axis": "Place by {method}",
        "lesson_rank_hover": "<b>Layer {layer}</b><br>{one}: place {first}<br>{other}: place {second}<br>left out: "
        "{loss} nats, place {place}",
        "lesson_measured_bar": "place by measured removal",
        "lesson_pair_question": "Which of these scores ranks the layers most as measured removal does?",
        "lesson_pair_because": "{best} comes closest (Spearman {value}); of those offered, {worst} is furthest off "
        "({least}). That holds for this model and these examples, not for every model.",
        # 3
        "lesson_sets_best": "All {sets} sets tried",
        "lesson_sets_singles": "Cheapest single layers",
        "lesson_sets_one": "One layer out: layer {layers} is the cheapest, for {best} nats",
        "lesson_sets_found": "{count} layers out: greedy search finds the cheapest set of all ({best} nats); ",
        "lesson_sets_near": "{count} layers out: greedy search pays {greedy} nats, the best of all sets {best}; ",
        "lesson_sets_more": "the {count} cheapest singles cost {joint}, not the {sum} that they add up to",
        "lesson_sets_less": "the {count} cheapest singles cost {joint}, less than the {sum} that they add up to",
        "lesson_sets_subtitle": "Filled: measured with 95 % interval. Hollow: the sum of what each layer costs alone",
        "lesson_sets_axis": "Increase of the loss (nats)",
        "lesson_sets_hover": "<b>{title}</b><br>without {layers}<br>measured {cost} ± {spread} nats (95 %)<br>sum of "
        "singles {sum} nats",
        "lesson_sets_question": "Are the {count} layers that are cheapest one by one also the cheapest {count} "
        "together?",
        "lesson_sets_because": "The cheapest singles {singles} cost {joint} nats together, although alone they add up "
        "to {sum}. Of all {sets} sets the cheapest is {best_layers}, for {best}.",
        "lesson_sets_because_same": "Here they are: {singles} are the cheapest of all {sets} sets. Together they cost "
        "{joint} nats all the same, and not the {sum} that they add up to.",
        # 4
        "lesson_price_holds": "{ratio} fewer layers: {speedup} as fast, as claimed; {parameters} fewer parameters, "
        "{kept} of {metric} kept",
        "lesson_price_short": "{ratio} fewer layers are only {speedup} as fast; {parameters} fewer parameters, {kept} "
        "of {metric} kept",
        "lesson_price_beyond": "{ratio} fewer layers are even {speedup} as fast; {parameters} fewer parameters, {kept} "
        "of {metric} kept",
        "lesson_price_interval": "Measured: speed-up {low} to {high}, kept {kept_low} to {kept_high} (95 %)",
        "lesson_price_claim": "the claim: as the ratio",
        "lesson_price_speedup": "speed-up",
        "lesson_price_parameters": "parameters",
        "lesson_price_bytes": "bytes",
        "lesson_price_ratio_axis": "Compression ratio (layers before / after)",
        "lesson_price_axis": "Before / after",
        "lesson_price_hover": "{ratio}: {name} {value}",
        "lesson_price_question": "Which is the smallest ratio that is surely {wanted} as fast: even the lower end of "
        "its interval?",
        "lesson_price_none": "none of them",
        "lesson_price_because": "At {ratio} the interval is {span}, and {kept} of {metric} is kept. At {before} it is "
        "still {before_span}.",
        "lesson_price_because_none": "No interval lies above it.",
        # 5
        "lesson_stream_finding": "Block {layer} moves the stream by {share} and turns it by {turn}°; "
        "leaving it out costs {loss} nats",
        "lesson_stream_percent": "{percent} of its length",
        "lesson_stream_times": "{factor} times its length",
        "lesson_stream_subtitle": "Left: length of the update, as a share of the stream's. Right: the step, to scale; "
        "means over tokens",
        "lesson_stream_axis": "|f(h)| / |h|",
        "lesson_stream_hover": "<b>Block {layer}</b><br>update: {share}<br>turn {turn}°<br>left out: {loss} nats",
        "lesson_stream_in": "h",
        "lesson_stream_update": "f(h)",
        "lesson_stream_out": "h + f(h)",
        "lesson_stream_question": "How many times longer is the step of block {largest} than that of block {smallest}, "
        "each measured by the stream that it meets?",
        "lesson_stream_because": "Block {largest} moves the stream by {most}, block {smallest} by "
        "{least}. Left out they cost {loss_most} and {loss_least} nats.",
        # 6
        "lesson_groups_finding": "At CKA of at least {threshold} the {layers} layers fall into {groups} groups: "
        "{named}",
        "lesson_groups_many": "At CKA of at least {threshold} the {layers} layers fall into {groups} groups; the "
        "largest is {largest}",
        "lesson_groups_one": "At CKA of at least {threshold} all {layers} layers are alike",
        "lesson_groups_none": "At CKA of at least {threshold} no two neighbours are alike",
        "lesson_groups_costs": "Alike is not free: leaving out one of {layers} costs between {least} and {most} points "
        "of {metric}, for {certain} of the {count} surely more than nothing.",
        "lesson_groups_subtitle": "Every cell compares two layers' outputs; outlined, from the left: groups in which "
        "all are alike",
        "lesson_groups_question": "Between which two neighbours does the representation change most?",
        "lesson_groups_because": "Between {first} and {second}, where CKA is {value}. Next come {next_first} and "
        "{next_second} with {next_value}.",
        # all
        "lesson_alt": "{kind}. {finding}.",
        "lesson_kind_places": "Places of one layer in every ranking",
        "lesson_kind_pair": "Every layer's place by two methods",
        "lesson_kind_sets": "Cost of sets of layers by the way in which they were chosen",
        "lesson_kind_price": "Speed-up, parameters and bytes over the compression ratio",
        "lesson_kind_stream": "Length of every block's update, and one block's step to scale",
        "lesson_kind_groups": "Map of CKA between layers",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "lesson_yes": "是",
        "lesson_no": "否",
        "lesson_factor": "约 {factor} 倍",
        "lesson_span": "{low} 到 {high}",
        "lesson_neighbours": "{one} 与 {other}",
        "lesson_nats": "nat",
        # 1
        "lesson_measured_row": "实测：去掉该层",
        "lesson_first_dearest": "第 {layer} 层：{scores} 种打分中有 {low} 种把它排在后半；去掉它损失增加 {loss} nat，"
        "是所有层中最多的",
        "lesson_first_cheapest": "第 {layer} 层：{scores} 种打分中有 {low} 种把它排在后半；去掉它损失增加 {loss} "
        "nat，是所有层中最少的",
        "lesson_first_finding": "第 {layer} 层：{scores} 种打分中有 {low} 种把它排在后半；去掉它损失增加 {loss} nat，"
        "列第 {rank} 位（共 {layers} 层）",
        "lesson_cost_interval": "实测：{loss} ± {spread} nat（95 %），{examples} 个样本；每个点是一种排名中的名次",
        "lesson_place_axis": "排名（1 = 最重要）",
        "lesson_place_hover": "<b>{title}</b><br>第 {rank} 名，共 {known} 层",
        "lesson_place_score_hover": "<b>{title}</b><br>第 {rank} 名，共 {known} 层，得分 {score} {unit}",
        "lesson_first_question": "如果完全照打分行事，下面哪一种会最先去掉第 {layer} 层？",
        "lesson_first_because": "{method} 把第 {layer} 层排在第 {rank} 名（共 {layers} 层）。"
        "而去掉它损失增加 {loss} nat，是代价第二大的层的 {factor} 倍。把它排在后半的有：{low}。",
        # 2
        "lesson_pair_alike": "{one} 与 {other} 对各层的排序相近",
        "lesson_pair_loose": "{one} 与 {other} 只是大致一致",
        "lesson_pair_none": "{one} 与 {other} 几乎没有关联",
        "lesson_pair_against": "{one} 与 {other} 相互矛盾",
        "lesson_pair_interval": "Spearman 相关系数 {value}（{low} 到 {high}，95 %），共 {layers} 层",
        "lesson_pair_alone": "Spearman 相关系数 {value}，共 {layers} 层；两者之一没有标准误，因此没有区间",
        "lesson_pair_is_judge": "{judge} 本身就是用来评判各种打分的实测。",
        "lesson_pair_sides": "实测支持 {one}（Spearman {better}），而不是 {other}（{worse}）。",
        "lesson_pair_open": "实测更接近 {one}（Spearman {better}）而不是 {other}（{worse}），"
        "但换一批样本结论可能反转。",
        "lesson_rank_axis": "{method} 的名次",
        "lesson_rank_hover": "<b>第 {layer} 层</b><br>{one}：第 {first} 名<br>{other}：第 {second} 名<br>"
        "去掉它：{loss} nat，第 {place} 名",
        "lesson_measured_bar": "实测去层的名次",
        "lesson_pair_question": "下面哪一种打分对各层的排序最接近实测？",
        "lesson_pair_because": "{best} 最接近（Spearman {value}）；在所给选项中 {worst} 相差最远（{least}）。"
        "这只对这个模型和这些样本成立，并非对所有模型都成立。",
        # 3
        "lesson_sets_best": "试遍全部 {sets} 种组合",
        "lesson_sets_singles": "单独去掉时最便宜的层",
        "lesson_sets_one": "去掉 1 层：第 {layers} 层最便宜，代价 {best} nat",
        "lesson_sets_found": "去掉 {count} 层：贪心搜索找到了所有组合中最便宜的一个（{best} nat）；",
        "lesson_sets_near": "去掉 {count} 层：贪心搜索的代价是 {greedy} nat，所有组合中最好的是 {best}；",
        "lesson_sets_more": "单独最便宜的 {count} 层一起去掉要 {joint}，而不是相加得到的 {sum}",
        "lesson_sets_less": "单独最便宜的 {count} 层一起去掉要 {joint}，比相加得到的 {sum} 还少",
        "lesson_sets_subtitle": "实心：实测值及 95 % 区间。空心：各层单独代价之和",
        "lesson_sets_axis": "损失的增加（nat）",
        "lesson_sets_hover": "<b>{title}</b><br>去掉 {layers}<br>实测 {cost} ± {spread} nat（95 %）<br>单独代价之和 "
        "{sum} nat",
        "lesson_sets_question": "逐个去掉时最便宜的 {count} 层，合在一起也是最便宜的 {count} 层吗？",
        "lesson_sets_because": "单独最便宜的 {singles} 一起去掉要 {joint} nat，而单独代价之和只有 {sum}。"
        "在全部 {sets} 种组合中最便宜的是 {best_layers}，代价 {best}。",
        "lesson_sets_because_same": "这里确实如此：{singles} 是全部 {sets} 种组合中最便宜的。"
        "但它们一起的代价是 {joint} nat，而不是相加得到的 {sum}。",
        # 4
        "lesson_price_holds": "层数压缩 {ratio}：速度为 {speedup}，与宣称相符；参数压缩 {parameters}，{metric} 保留 "
        "{kept}",
        "lesson_price_short": "层数压缩 {ratio}，速度却只有 {speedup}；参数压缩 {parameters}，{metric} 保留 {kept}",
        "lesson_price_beyond": "层数压缩 {ratio}，速度甚至达到 {speedup}；参数压缩 {parameters}，{metric} 保留 {kept}",
        "lesson_price_interval": "实测：加速 {low} 到 {high}，保留 {kept_low} 到 {kept_high}（95 %）",
        "lesson_price_claim": "宣称：与压缩比相等",
        "lesson_price_speedup": "加速",
        "lesson_price_parameters": "参数",
        "lesson_price_bytes": "字节",
        "lesson_price_ratio_axis": "压缩比（压缩前层数 / 压缩后层数）",
        "lesson_price_axis": "压缩前 / 压缩后",
        "lesson_price_hover": "{ratio}：{name} {value}",
        "lesson_price_question": "要确保速度达到 {wanted}（区间下端也达到），最小的压缩比是多少？",
        "lesson_price_none": "都达不到",
        "lesson_price_because": "压缩比 {ratio} 时区间为 {span}，{metric} 保留 {kept}。压缩比 {before} 时还只有 "
        "{before_span}。",
        "lesson_price_because_none": "没有一个区间完全在它之上。",
        # 5
        "lesson_stream_finding": "第 {layer} 块使残差流移动{share}，转过 {turn}°；去掉它损失增加 {loss} nat",
        "lesson_stream_percent": "其长度的 {percent}",
        "lesson_stream_times": "其长度的 {factor} 倍",
        "lesson_stream_subtitle": "左：更新的长度占残差流长度的比例。右：该块的一步，按比例绘制；均为对 token 的平均",
        "lesson_stream_axis": "|f(h)| / |h|",
        "lesson_stream_hover": "<b>第 {layer} 块</b><br>更新：{share}<br>转角 {turn}°<br>去掉它：{loss} nat",
        "lesson_stream_in": "h",
        "lesson_stream_update": "f(h)",
        "lesson_stream_out": "h + f(h)",
        "lesson_stream_question": "以各自遇到的残差流为尺度，第 {largest} 块的步长是第 {smallest} 块的多少倍？",
        "lesson_stream_because": "第 {largest} 块使残差流移动{most}，第 {smallest} 块移动{least}。"
        "去掉它们的代价分别是 {loss_most} 和 {loss_least} nat。",
        # 6
        "lesson_groups_finding": "以 CKA 不低于 {threshold} 为准，{layers} 层分为 {groups} 组：{named}",
        "lesson_groups_many": "以 CKA 不低于 {threshold} 为准，{layers} 层分为 {groups} 组；最大的一组是 {largest}",
        "lesson_groups_one": "以 CKA 不低于 {threshold} 为准，全部 {layers} 层都相似",
        "lesson_groups_none": "以 CKA 不低于 {threshold} 为准，没有相邻的两层相似",
        "lesson_groups_costs": "相似不等于免费：在 {layers} 中去掉一层，{metric} 下降 {least} 到 {most} 个百分点，"
        "{count} 层中有 {certain} 层的代价确定大于零。",
        "lesson_groups_subtitle": "每格比较两层的输出；框出的是从左起两两相似的一组层",
        "lesson_groups_question": "表示在哪两个相邻层之间变化最大？",
        "lesson_groups_because": "在 {first} 与 {second} 之间，CKA 为 {value}。其次是 {next_first} 与 {next_second}，"
        "为 {next_value}。",
        # all
        "lesson_alt": "{kind}。{finding}。",
        "lesson_kind_places": "一层在各种排名中的名次",
        "lesson_kind_pair": "各层在两种方法中的名次",
        "lesson_kind_sets": "按不同方式选出的层的代价",
        "lesson_kind_price": "加速、参数和字节随压缩比的变化",
        "lesson_kind_stream": "各块更新的长度，以及一个块的一步（按比例）",
        "lesson_kind_groups": "层间 CKA 图",
    }
)
