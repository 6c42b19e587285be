"""What a failed request means: whether to ask again, when, and what to tell the user."""

import math
import random
import re
import threading
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from foveate.model.openai_request import BrokenReplyError

LONGEST_WAIT_S = 120.0
"""A server that asks for a longer pause is not waited for."""
MORE_TRIES = 3
"""Beyond the others, where a server that was there is not: with the usual pauses three to five minutes in all, since it may be
starting again, and whoever runs it may be asleep."""
SCHEMA_WORDS = re.compile(r"response_format|schema|grammar|(un|not )support", re.IGNORECASE)
KEY_WORDS = re.compile(r"api[ _]key[ _](not[ _]valid|invalid|expired)", re.IGNORECASE)
"""Gemini refuses a key with status 400 and these words."""
NO_CONNECTION, QUOTA, KEY = "no connection", "quota used up", "key refused"


@dataclass(frozen=True)
class Verdict:
    """What one failure means."""

    reason: str
    """In a few words, without anything that the server may have echoed of a key."""
    again: bool
    """Whether asking again can help."""
    others: bool | None = False
    """Whether other questions would fare no better; None where only asking one tells."""
    wait_s: float | None = None
    """Pause that the server asked for."""

    @property
    def asks_too_long(self) -> bool:
        """Whether the server asked for a pause that is not waited for."""
        return (self.wait_s or 0.0) > LONGEST_WAIT_S


@dataclass(frozen=True)
class Retries:
    """How often to try, and how long to pause."""

    attempts: int = 6
    backoff_s: float = 1.0
    rng: random.Random = random.Random(0)  # noqa: RUF009 - spreads concurrent requests; nothing depends on its draws

    def pause_s(self, tried: int, verdict: Verdict) -> float:
        """Seconds to wait after so many tries: what the server asked for, else doubled each time, spread by a half."""
        if verdict.wait_s is not None:
            return verdict.wait_s
        return float(min(self.backoff_s * 2 ** (tried - 1), LONGEST_WAIT_S / 2) * self.rng.uniform(1.0, 1.5))

    def may(self, tried: int, verdict: Verdict) -> bool:
        """Whether another try is left and would help."""
        attempts = self.attempts + (MORE_TRIES if verdict.reason == NO_CONNECTION else 0)
        return verdict.again and tried < attempts and not verdict.asks_too_long


class ToldGone:
    """Of the questions that find a server gone, the one that tells so: later ones only after it was there again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told_s, self._asked_s = -math.inf, 0.0

    def answered(self, asked_s: float) -> None:
        """A question was answered; one that was asked before the server went may be answered after others found it gone."""
        with self._lock:
            self._asked_s = max(self._asked_s, asked_s)

    def first(self) -> bool:
        """Whether nobody has told so yet."""
        with self._lock:
            if self._told_s >= self._asked_s:
                return False
            self._told_s = time.perf_counter()
            return True


def judge(error: Exception, *, reached: bool) -> Verdict:
    """What a failure of a request means.

    Args:
        error: what the client raised.
        reached: whether this server has answered before; one that was never there is not waited for.
    """
    import openai

    if isinstance(error, BrokenReplyError):
        return Verdict(str(error), again=True)
    if isinstance(error, openai.APITimeoutError):
        return Verdict("time-out", again=True, others=None)
    if isinstance(error, openai.APIConnectionError):
        refused = type(error.__cause__).__name__ == "ConnectError"
        if refused:
            return Verdict(NO_CONNECTION, again=reached, others=True)
        return Verdict("the connection broke", again=True, others=None)
    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    # an error event inside a stream, or a chunk that is no chunk
    return Verdict(f"a broken reply ({type(error).__name__})", again=isinstance(error, openai.APIError))


def refuses_schema(error: Exception) -> bool:
    """Whether a request may have failed for the schema of its answer; each server that takes none says so in its own way."""
    import openai

    if not isinstance(error, openai.APIStatusError):
        return False
    may_be = error.status_code in (400, 422) or error.status_code >= 500
    return error.status_code == 501 or (may_be and SCHEMA_WORDS.search(str(error.body or error.message)) is not None)


def _of_status(error: Any) -> Verdict:
    """What a status means that is no success."""
    if error.status_code == 402 or error.code in ("insufficient_quota", "billing_hard_limit_reached"):
        return Verdict(QUOTA, again=False, others=True)
    if error.status_code == 401 or (error.status_code == 400 and KEY_WORDS.search(str(error.body or error.message))):
        return Verdict(KEY, again=False, others=True)
    again = error.status_code in (408, 409, 429) or error.status_code >= 500
    # 403 may be this question's own (a moderator's no), and so may 404 (a model that takes no images)
    others = None if again or error.status_code in (403, 404) else False
    return Verdict(str(error.status_code), again, others, _wait_s(error.response.headers))


def _wait_s(headers: Any) -> float | None:
    """Retry-After in seconds: a number or a date."""
    if (milliseconds := headers.get("retry-after-ms", "")).isdigit():
        return int(milliseconds) / 1000
    told = headers.get("retry-after")
    if not told:
        return None
    try:
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time())
    except ValueError:
        return None
