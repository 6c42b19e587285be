"""Try an untrusted file in a child process first: a truncated one can kill its decoder with a signal that nothing catches."""

import signal
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from foveate.errors import VideoError

CHILD = Path(__file__).with_name("untrusted_child.py")
EXPORT_AGAIN = "export or copy it again, or repair it with: ffmpeg -i"


def probe(path: Path | str, *, timeout_s: float = 30.0) -> None:
    """Check that a file opens and decodes at both ends without harm; the verdict is kept while the file stays as it is.

    Raises:
        VideoError: where it is missing, empty, cut off, without a video stream or frames, kills its reader, or hangs it.
    """
    path = Path(path)
    if not path.exists():
        raise VideoError(f"{path} does not exist; check the path of the video")
    if not path.is_file():
        raise VideoError(f"{path} is not a file; give the video file itself")
    state = path.stat()
    if state.st_size == 0:
        raise VideoError(f"{path} is empty (0 bytes); copy or export it again")
    verdict = tried(str(path.resolve()), state.st_size, state.st_mtime_ns, timeout_s)
    if verdict:
        raise VideoError(f"{path} {verdict}")


@lru_cache(maxsize=4096)
def tried(path: str, size_bytes: int, modified_ns: int, timeout_s: float) -> str:
    """What is wrong with a file, as the end of a sentence; empty where nothing is. Size and change time only key the cache."""
    name = Path(path).name
    try:
        child = subprocess.run(
            [sys.executable, "-P", str(CHILD), path],
            capture_output=True, text=True, encoding="utf-8", errors="replace", timeout=timeout_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        waited = f"hangs its decoder (no answer in {timeout_s:g} s): it is damaged, or this machine is very busy"
        return f"{waited}; {EXPORT_AGAIN} {name} out.mp4"
    if child.returncode == 0:
        return ""
    said = child.stdout.strip().splitlines()
    if child.returncode == 3 and said:
        return said[-1]
    how = death(child.returncode)
    return f"kills its decoder ({how}): it is damaged or cut off; {EXPORT_AGAIN} {name} out.mp4"


def death(returncode: int) -> str:
    """How a process died."""
    if returncode < 0:
        try:
            return signal.Signals(-returncode).name
        except ValueError:
            return f"signal {-returncode}"
    return f"exit code {returncode & 0xFFFFFFFF:#x}" if returncode > 255 else f"exit code {returncode}"
