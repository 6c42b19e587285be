"""Several prompts asked at the same time, in threads that keep nobody from ending the program."""

import threading
from collections.abc import Callable, Sequence

from foveate.errors import ModelError, ServerGoneError
from foveate.model.model import Answer, Prompt


def in_threads(
    work: Callable[[Prompt], Answer | ModelError], prompts: Sequence[Prompt], *, threads: int
) -> list[Answer | ModelError]:
    """Results in the order of the prompts; on Ctrl-C nothing further is begun, and nothing keeps the program from ending.

    After a ServerGoneError nothing further is begun either: it is the result of what was not.
    """
    results: dict[int, Answer | ModelError | BaseException] = {}
    waiting = iter(enumerate(prompts))
    lock, stopped = threading.Lock(), threading.Event()

    def worker() -> None:
        while not stopped.is_set():
            with lock:
                index, prompt = next(waiting, (-1, None))
            if prompt is None:
                return
            try:
                results[index] = found = work(prompt)
                if isinstance(found, ServerGoneError):
                    stopped.set()
            except BaseException as error:
                results[index] = error
                stopped.set()

    # not a ThreadPoolExecutor: Python waits for its threads before it ends
    workers = [threading.Thread(target=worker, name="foveate-openai", daemon=True) for _ in range(min(threads, len(prompts)))]
    try:
        for thread in workers:
            thread.start()
        for thread in workers:
            thread.join()
    finally:
        stopped.set()
    for result in results.values():
        if isinstance(result, BaseException) and not isinstance(result, ModelError):
            raise result
    gone = next((result for result in results.values() if isinstance(result, ServerGoneError)), None)
    return [results.get(index, gone) for index in range(len(prompts))]  # type: ignore[misc]
