"""Many items, each finished as a whole or not at all: commits one by one, resumes, retries, quarantines, reports.

Knows nothing of recordings. Engines run the items: `local` (processes on this machine) and `here` (this process).
"""

from foveate.job.folder import Result, read_job, results
from foveate.job.item import Engine, Failure, Item, Json, MakeWork, Outcome, Report, Tally, Task, Work
from foveate.job.run import ENGINES, Limits, StoppedError, forget_undecided, run_job

__all__ = [
    "ENGINES", "Engine", "Failure", "Item", "Json", "Limits", "MakeWork", "Outcome", "Report", "Result", "StoppedError",
    "Tally", "Task", "Work", "forget_undecided", "read_job", "results", "run_job",
]  # fmt: skip
