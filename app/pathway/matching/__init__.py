"""Whether two records are of one person: how alike they are, and what that lets be concluded without anybody looking.

It decides on what both sides hold now, and on nothing else: in whichever order records arrive, the end is the same.
"""

from app.pathway.matching.comparing import Compared, Field, Level, Side, compare
from app.pathway.matching.judging import Basis, Pair, State, Verdict, judge
from app.pathway.matching.weights import Weights, weights

__all__ = [
    "Basis",
    "Compared",
    "Field",
    "Level",
    "Pair",
    "Side",
    "State",
    "Verdict",
    "Weights",
    "compare",
    "judge",
    "weights",
]
