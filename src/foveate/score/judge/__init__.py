"""A model as a judge of descriptions: RUBRICS is the visible list of what it is asked, ``Judge`` asks, and nothing is guessed.

An answer in prose, out of the scale or from a server that is down leaves an item unscored, with the reason.
"""

from foveate.score.judge.judge import Compared, Exchange, Graded, Judge
from foveate.score.judge.question import Case
from foveate.score.judge.rubric import RUBRICS, Criterion, Rubric, read_rubric

__all__ = ["RUBRICS", "Case", "Compared", "Criterion", "Exchange", "Graded", "Judge", "Rubric", "read_rubric"]
