"""Fixations while gaze comes in: one sample in, events out, the same as those found afterwards."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from math import hypot, isfinite
from statistics import median

from foveate.clock import NS_PER_MS, NS_PER_S
from foveate.errors import UsageError
from foveate.gaze.fixation_rules import MERGE_DEG, MERGE_MS, MIN_DURATION_MS, median_reach

Point = tuple[float, float]
HALF_WINDOW_NS = 10 * NS_PER_MS
KEPT = 512
"""Decided samples of a run that are kept at most; what is undecided looks back 20 ms and two samples."""


@dataclass(frozen=True)
class LiveFixation:
    """A fixation, told twice: when it has lasted long enough to be one, and when it is over."""

    start_ns: int
    """Its first sample."""
    stop_ns: int | None
    """The sample after its last, at most one interval after it; None while it lasts."""
    point_deg: Point
    """The mean of its samples so far."""


@dataclass
class _Sum:
    """Of samples up to an instant."""

    count: int = 0
    x: float = 0.0
    y: float = 0.0

    def mean_since(self, before: "_Sum") -> Point:
        count = self.count - before.count
        return (self.x - before.x) / count, (self.y - before.y) / count


@dataclass
class _Stretch:
    """Slow gaze, from its first to its last sample."""

    start_ns: int
    last_ns: int
    first: Point
    last: Point
    before: _Sum
    upto: _Sum
    samples: int = 1
    stop_ns: int = 0
    told: bool = False


@dataclass
class _Run:
    """Samples without a loss between them, raw and steadied."""

    time_ns: list[int] = field(default_factory=list)
    raw: list[Point] = field(default_factory=list)
    steady: list[Point] = field(default_factory=list)
    decided: int = 0
    """Samples at the front whose speed is known."""
    fresh: bool = True
    """No sample of it is decided."""


class OnlineIvt:
    """I-VT with moving median, merging and shortest duration, sample by sample.

    On a path whose usual interval is ``interval_ms`` it tells what ``events.find`` finds with I-VT in the whole: the same
    starts and stops. A sample is decided when those that the median and the speed look at have come: 25 ms later at 200 Hz. A
    fixation is told that much after it has lasted ``min_duration_ms``, and its end when nothing can be merged with it any more,
    ``merge_ms`` after it.

    The head's turning must be taken out before, and the threshold be given: neither can be estimated from what is yet to come.
    """

    def __init__(
        self,
        *,
        threshold_deg_per_s: float = 30.0,
        interval_ms: float = 5.0,
        merge_ms: float = MERGE_MS,
        merge_deg: float = MERGE_DEG,
        min_duration_ms: float = MIN_DURATION_MS,
    ) -> None:
        """Begin without samples.

        Args:
            threshold_deg_per_s: a saccade is faster.
            interval_ms: of the tracker's samples; after two of them, and after 20 ms, one is taken to be lost.
            merge_ms: see ``fixation_rules.merged``.
            merge_deg: see ``fixation_rules.merged``.
            min_duration_ms: shorter fixations are not told.
        """
        for name, value in (("threshold_deg_per_s", threshold_deg_per_s), ("interval_ms", interval_ms)):
            if not (isfinite(value) and value > 0):
                raise UsageError(f"{name} must be positive, got {value:g}")
        self._threshold = threshold_deg_per_s
        self._interval_ns = round(interval_ms * NS_PER_MS)
        self._reach = median_reach(self._interval_ns)
        self._far_ns = max(2 * HALF_WINDOW_NS, 2 * self._interval_ns)
        self._merge_ns, self._merge_deg = merge_ms * NS_PER_MS, merge_deg
        self._min_ns = min_duration_ms * NS_PER_MS
        self._run = _Run()
        self._sum = _Sum()
        self._open: _Stretch | None = None
        self._last: _Stretch | None = None

    def push(self, time_ns: int, point_deg: Point) -> list[LiveFixation]:
        """Take a sample and tell what it decides.

        Args:
            time_ns: later than that of the sample before.
            point_deg: right and down; NaN where gaze is lost.
        """
        if not (isfinite(point_deg[0]) and isfinite(point_deg[1])):
            return []
        run, told = self._run, []
        if run.time_ns:
            if time_ns <= run.time_ns[-1]:
                raise UsageError(f"samples must come in order of time: {time_ns} ns after {run.time_ns[-1]} ns")
            if time_ns - run.time_ns[-1] > self._far_ns:
                told += self._decide(whole=True)
                run = self._run = _Run()
        run.time_ns.append(time_ns)
        run.raw.append((float(point_deg[0]), float(point_deg[1])))
        return told + self._decide(whole=False)

    def close(self) -> list[LiveFixation]:
        """Tell what the last samples decide; afterwards samples may come anew."""
        told = self._decide(whole=True)
        self._run = _Run()
        if self._open is not None:
            self._end_open(self._open.last_ns + self._interval_ns)
        told += self._end_last()
        return told

    def _decide(self, *, whole: bool) -> list[LiveFixation]:
        """Decide the samples of the run for which all that they look at is there; all of them where the run is whole."""
        run, told = self._run, []
        steady_stop = len(run.raw) if whole else len(run.raw) - self._reach
        for index in range(len(run.steady), steady_stop):
            near = run.raw[max(0, index - self._reach) : index + self._reach + 1]
            run.steady.append((median(x for x, _ in near), median(y for _, y in near)))
        known = len(run.steady)
        while run.decided < known:
            index = run.decided
            end_ns = run.time_ns[index] + HALF_WINDOW_NS
            if not whole and (known < index + 2 or run.time_ns[known - 1] <= end_ns):
                break
            told += self._take(run.time_ns[index], run.steady[index], slow=self._is_slow(index, known), starts_run=run.fresh)
            run.decided, run.fresh = index + 1, False
        if run.decided > 2 * KEPT:
            spare = run.decided - KEPT
            for values in (run.time_ns, run.raw, run.steady):
                del values[:spare]
            run.decided -= spare
        return told

    def _is_slow(self, index: int, known: int) -> bool:
        run = self._run
        at_ns = run.time_ns[index]
        before = max(0, min(bisect_left(run.time_ns, at_ns - HALF_WINDOW_NS), index - 1))
        after = min(known - 1, max(bisect_right(run.time_ns, at_ns + HALF_WINDOW_NS, hi=known) - 1, index + 1))
        step_s = (run.time_ns[after] - run.time_ns[before]) / NS_PER_S
        (x0, y0), (x1, y1) = run.steady[before], run.steady[after]
        return step_s > 0 and hypot(x1 - x0, y1 - y0) / step_s < self._threshold

    def _take(self, time_ns: int, point: Point, *, slow: bool, starts_run: bool) -> list[LiveFixation]:
        """Carry stretches on by one decided sample."""
        told: list[LiveFixation] = []
        before = self._sum
        self._sum = _Sum(before.count + 1, before.x + point[0], before.y + point[1])
        if self._open is not None and (starts_run or not slow):
            self._end_open(time_ns)
        if slow:
            one = self._open
            if one is None:
                one = self._open = _Stretch(time_ns, time_ns, point, point, before, self._sum)
            else:
                one.last_ns, one.last, one.upto, one.samples = time_ns, point, self._sum, one.samples + 1
            if one.samples == 2:
                told += self._join(one)
        if self._last is not None:
            since_ns = (time_ns if self._open is None else self._open.start_ns) - self._last.last_ns
            if since_ns >= self._merge_ns:
                told += self._end_last()
        if self._open is not None and self._open.samples >= 2 and not self._open.told and self._lasts(self._open):
            self._open.told = True
            told.append(LiveFixation(self._open.start_ns, None, self._open.upto.mean_since(self._open.before)))
        return told

    def _join(self, one: _Stretch) -> list[LiveFixation]:
        """Merge a stretch that has just become one with that before it, or end that one."""
        last = self._last
        if last is None:
            return []
        near = hypot(one.first[0] - last.last[0], one.first[1] - last.last[1]) < self._merge_deg
        if near and one.start_ns - last.last_ns < self._merge_ns:
            one.start_ns, one.first, one.before, one.told = last.start_ns, last.first, last.before, last.told
            self._last = None
            return []
        return self._end_last()

    def _end_open(self, next_ns: int) -> None:
        """A stretch is over with the sample before ``next_ns``; a single sample is none."""
        one, self._open = self._open, None
        if one is not None and one.samples >= 2:
            one.stop_ns = min(one.last_ns + self._interval_ns, next_ns)
            self._last = one

    def _end_last(self) -> list[LiveFixation]:
        last, self._last = self._last, None
        if last is None or not self._lasts(last):
            return []
        return [LiveFixation(last.start_ns, last.stop_ns, last.upto.mean_since(last.before))]

    def _lasts(self, one: _Stretch) -> bool:
        return one.last_ns - one.start_ns >= self._min_ns
