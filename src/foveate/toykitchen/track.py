"""Values over time."""

from bisect import bisect_right
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value")


class Track:
    """A vector that goes smoothly from key to key and rests before the first and after the last."""

    def __init__(self, *value: float) -> None:
        self._time_s: list[float] = [0.0]
        self._value: list[NDArray[np.float64]] = [np.array(value)]

    def key(self, time_s: float, *value: float) -> None:
        """Be at a value at a time, which must not lie before the last key."""
        if time_s < self._time_s[-1]:
            raise ValueError(f"keys run forward: {time_s} s comes after {self._time_s[-1]} s")
        self._time_s.append(time_s)
        self._value.append(np.array(value))

    def hold(self, time_s: float) -> None:
        """Stay at the last value until a time."""
        self.key(time_s, *self._value[-1])

    def at(self, time_s: float) -> NDArray[np.float64]:
        """The value at a time, with a smooth start and stop at every key."""
        i = bisect_right(self._time_s, time_s)
        if i == 0:
            return self._value[0]
        if i == len(self._time_s):
            return self._value[-1]
        before, after = self._time_s[i - 1], self._time_s[i]
        u = (time_s - before) / (after - before)
        return np.asarray(self._value[i - 1] + (self._value[i] - self._value[i - 1]) * (u * u * (3 - 2 * u)))


class Steps(Generic[Value]):
    """A state that changes at instants."""

    def __init__(self, value: Value) -> None:
        self._time_s: list[float] = [-1.0]
        self._value: list[Value] = [value]

    def set(self, time_s: float, value: Value) -> None:
        """Be in a state from a time on."""
        self._time_s.append(time_s)
        self._value.append(value)

    def at(self, time_s: float) -> Value:
        """The state at a time."""
        return self._value[max(bisect_right(self._time_s, time_s) - 1, 0)]
