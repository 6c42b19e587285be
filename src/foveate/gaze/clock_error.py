"""How far the clock of gaze is off that of the video over a whole recording: nothing, a constant lag, or a drift."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS, NS_PER_S, Times

Kind = Literal["drift", "lag", "none", "not estimable"]

FIXED_MS = 10.0
"""What exposure, rolling shutter and a tracker's filter may put between gaze and video at any rate: a lag must exceed it."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def is_zero(self) -> bool:
        """Whether the interval holds zero: no error is shown."""
        return self.low <= 0 <= self.high


@dataclass(frozen=True)
class Lag:
    """The offset of one window of a recording."""

    at_s: float
    """Its middle, in seconds from the first frame."""
    offset_ms: float | None
    """What to add to the times of gaze (``offset.shift``): positive where it is stamped too early; None: not estimable."""
    interval_ms: tuple[float, float] | None
    """Its 95% interval; None where it is not estimable."""
    reason: str = ""
    """Why it is not estimable."""


@dataclass(frozen=True)
class ClockError:
    """What was found of a recording's clocks, and what to add to the times of gaze."""

    windows: tuple[Lag, ...]
    """The parts that were looked at."""
    method: str
    """From what it was estimated."""
    zero_ns: int
    """Instant of the first frame."""
    lag_ms: Estimate | None
    """What to add to the times of gaze at ``lag_at_min``; None where no window is estimable."""
    lag_at_min: float
    """Minutes from the first frame: the middle of what was looked at."""
    ms_per_min: Estimate | None
    """How that changes; None where too few windows are estimable."""

    @property
    def kind(self) -> Kind:
        """A drift where its interval excludes zero; else a lag where its interval lies beyond ``FIXED_MS``; else nothing."""
        if self.lag_ms is None:
            return "not estimable"
        if self.ms_per_min is not None and not self.ms_per_min.is_zero:
            return "drift"
        return "lag" if self.lag_ms.low > FIXED_MS or self.lag_ms.high < -FIXED_MS else "none"

    def correction_ms(self, time_ns: Times) -> NDArray[np.float64]:
        """What to add at instants (N,): a line for a drift, a constant for a lag, zero where no error is shown."""
        if self.lag_ms is None or self.kind in ("none", "not estimable"):
            return np.zeros(len(time_ns))
        slope = self.ms_per_min.value if self.ms_per_min is not None and self.kind == "drift" else 0.0
        minutes = (time_ns - self.zero_ns) / (60 * NS_PER_S)
        return np.asarray(self.lag_ms.value + slope * (minutes - self.lag_at_min), dtype=np.float64)

    def retimed(self, time_ns: Times) -> Times:
        """Instants of the gaze clock (N,) as the video's clock has them; their order stays."""
        return time_ns + np.round(self.correction_ms(time_ns) * NS_PER_MS).astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        """JSON values: what it is, the estimates, every window."""
        return {
            "kind": self.kind,
            "method": self.method,
            "lag_ms": None if self.lag_ms is None else vars(self.lag_ms),
            "lag_at_min": self.lag_at_min,
            "ms_per_min": None if self.ms_per_min is None else vars(self.ms_per_min),
            "windows": [vars(window) for window in self.windows],
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any], *, zero_ns: int) -> "ClockError":
        """What ``to_dict`` and JSON made of one.

        Args:
            told: its values.
            zero_ns: instant of the first frame, which they count from.
        """
        lag, slope = (None if told[name] is None else Estimate(**told[name]) for name in ("lag_ms", "ms_per_min"))
        windows = tuple(
            Lag(**{**each, "interval_ms": None if each["interval_ms"] is None else tuple(each["interval_ms"])})
            for each in told["windows"]
        )
        return cls(windows, told["method"], zero_ns, lag, told["lag_at_min"], slope)

    def __str__(self) -> str:
        """In a line."""
        if self.lag_ms is None:
            if self.known:
                return f"not estimable: {len(self.known)} of {len(self.windows)} windows tell an offset, but no common one"
            reasons = "; ".join(dict.fromkeys(window.reason for window in self.windows))
            return f"not estimable in any of {len(self.windows)} windows: {reasons}"
        lag, slope = self.lag_ms, self.ms_per_min
        apart = f"gaze is stamped {_signed_ms(lag)}"
        if slope is None:
            unknown = f"whether that changes is not estimable from {len(self.known)} of {len(self.windows)} windows"
            return f"no lag is shown: {apart}; {unknown}" if self.kind == "none" else f"{apart}; {unknown}"
        rate = f"{slope.value:+.2f} [{slope.low:+.2f}, {slope.high:+.2f}] ms a minute"
        told = {
            "drift": f"drifts by {rate}; {apart} at {self.lag_at_min:.1f} min",
            "lag": f"no drift ({rate}), but {apart}",
            "none": f"no drift ({rate}) and no lag: {apart}",
        }[self.kind]
        rest = len(self.windows) - len(self.known)
        return told + (f"; not estimable in {rest} of {len(self.windows)} windows" if rest else "")

    @property
    def known(self) -> tuple[Lag, ...]:
        """The windows that are estimable."""
        return tuple(window for window in self.windows if window.offset_ms is not None)


def _signed_ms(lag: Estimate) -> str:
    if lag.value >= 0:
        return f"{lag.value:.0f} [{lag.low:.0f}, {lag.high:.0f}] ms too early"
    return f"{-lag.value:.0f} [{-lag.high:.0f}, {-lag.low:.0f}] ms too late"
