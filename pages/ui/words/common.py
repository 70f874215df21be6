"""What every page says: the frame, figures, where they come from, Home."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        # frame
        "brand": "Layerwise",
        "page_title": "{page} · Layerwise",
        "nav_home": "Home",
        "nav_explore": "Explore",
        "nav_what_if": "What if",
        "nav_compare": "Compare",
        "nav_live": "Live",
        "nav_runs": "Runs",
        "nav_learn": "Learn",
        "error_title": "This did not work",
        "unexpected_title": "Something unexpected happened",
        "unexpected_hint": "Nothing that was stored is lost. Reload the page; if it happens again, the server's log "
        "says what it was.",
        # figures and provenance
        "quality_kept": "{metric} kept",
        "speed_up": "Speed-up",
        "speed_unknown": "known once it is measured",
        "speed_guess": "interpolated",
        "parameters": "Parameters",
        "size_on_disk": "Size on disk",
        "size_guess": "as parameters",
        "tag_measured": "measured",
        "tag_estimated": "estimated",
        "tag_counted": "counted",
        "ratio_of": "{ratio} · {kept} layers",
        "analysed": "Analysed: {facts}.",
        "measured_on": "Measured: {examples} test examples, batches of {batch}, {machine}, {when}.",
        "examples_of": "{count} examples",
        "examples_of_data": "{count} examples of {name}",
        "seed_of": "seed {seed}",
        # home
        "home_title": "Which layers matter, and what do you lose if you drop the others?",
        "home_lead": "Rank every layer of a neural network, drop the expendable ones, measure what is left. This is a "
        "real result: move the slider.",
        "home_slider": "Compression ratio (layers before / after)",
        "home_slider_help": "Every stop is a smaller model that was really built and measured.",
        "home_veiled": "Veiled: layers {layers}, taken out by a greedy measured search",
        "home_all_layers": "Rows are methods, columns are layers; nothing is taken out yet",
        "way_explore": "Rank the layers of a model",
        "way_explore_text": "Pick a model and methods, watch the scores arrive, and click on any layer for its "
        "details.",
        "way_explore_link": "Explore",
        "way_what_if": "Drop layers, see the price",
        "way_what_if_text": "Choose a ratio or click layers out. The estimate comes at once, the measured truth on "
        "request, the smaller model as a download.",
        "way_what_if_link": "What if",
        "way_own": "Bring your own model",
        "way_own_text": "Upload a model's folder, name one of the hub, or hand in any torch.nn.Module from Python: the "
        "same methods, the same compression.",
        "way_own_upload": "Bring it to Explore",
        "way_own_link": "Show the six lines",
    }
)

CHINESE: Mapping[str, str] = MappingProxyType(
    {
        # frame
        "brand": "Layerwise",
        "page_title": "{page} · Layerwise",
        "nav_home": "首页",
        "nav_explore": "探索",
        "nav_what_if": "假设",
        "nav_compare": "比较",
        "nav_live": "实时",
        "nav_runs": "运行",
        "nav_learn": "学习",
        "error_title": "操作没有成功",
        "unexpected_title": "出现了意外错误",
        "unexpected_hint": "已保存的内容没有丢失。请刷新页面；如果再次出现，服务器日志会说明原因。",
        # figures and provenance
        "quality_kept": "质量保留（{metric}）",
        "speed_up": "加速比",
        "speed_unknown": "测量后可知",
        "speed_guess": "插值所得",
        "parameters": "参数量",
        "size_on_disk": "磁盘占用",
        "size_guess": "按参数量推算",
        "tag_measured": "实测",
        "tag_estimated": "估计",
        "tag_counted": "计数",
        "ratio_of": "{ratio} · {kept} 层",
        "analysed": "分析：{facts}。",
        "measured_on": "测量：{examples} 个测试样本，批大小 {batch}，{machine}，{when}。",
        "examples_of": "{count} 个样本",
        "examples_of_data": "{count} 个样本（{name}）",
        "seed_of": "种子 {seed}",
        # home
        "home_title": "哪些层重要？去掉其余的层会损失什么？",
        "home_lead": "给神经网络的每一层排名，去掉可有可无的层，再实测剩下的模型。下面是一个真实结果：拖动滑块试试。",
        "home_slider": "压缩比（压缩前 / 压缩后的层数）",
        "home_slider_help": "每一档都是一个真正构建并实测过的小模型。",
        "home_veiled": "变淡的是{layers}，由逐步实测的贪心搜索去掉",
        "home_all_layers": "每行一种方法，每列一层；目前没有去掉任何层",
        "way_explore": "给模型的各层排名",
        "way_explore_text": "选择模型和方法，看得分逐步出现；点击任意一层查看详情。",
        "way_explore_link": "探索",
        "way_what_if": "去掉层，看代价",
        "way_what_if_text": "选择压缩比，或直接点掉某些层。估计值立即给出，实测值按需测量，小模型可以下载。",
        "way_what_if_link": "假设",
        "way_own": "使用自己的模型",
        "way_own_text": "上传模型文件夹，填写 hub 上的名称，或在 Python 中传入任意 torch.nn.Module：同样的方法，"
        "同样的压缩。",
        "way_own_upload": "在“探索”中导入",
        "way_own_link": "查看这六行代码",
    }
)
