"""Which layers to remove, found by measuring."""

from analysis_core.compression.plan import BEAM, EVOLUTIONARY, GREEDY, SEARCHES
from analysis_core.compression.search.budget import Budget, Progress
from analysis_core.compression.search.measured import MeasuredSubsets
from analysis_core.compression.search.outcomes import subset_result
from analysis_core.compression.search.racing import Races
from analysis_core.compression.search.run import SearchResult, greedy_removal, prefix_for_goal, search
from analysis_core.compression.search.sizes import layer_shares
from analysis_core.compression.space import Goal, SearchSpace

__all__ = [
    "BEAM", "EVOLUTIONARY", "GREEDY", "SEARCHES", "Budget", "Goal", "MeasuredSubsets", "Progress", "Races",
    "SearchResult", "SearchSpace", "greedy_removal", "layer_shares", "prefix_for_goal", "search", "subset_result",
]  # fmt: skip
