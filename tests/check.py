"""Every check of the project, one after another: ``python -m tests.check``; extra arguments go to pytest."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

CHECKS = {
    "style": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "layers": ["lint-imports"],
    "tests": ["pytest", "-n", str(os.cpu_count() or 2)],
}
"""Name -> command; the tests come last, so that their closing line is the last thing printed."""


def main() -> int:
    """Run all checks, even after one has failed; 0 where all pass."""
    failed = []
    # what a shell starts in the background ignores Ctrl-C, and so would the programs that the tests start and then stop with it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # each worker computes on one thread: two of them fill two cores
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    for name, (tool, *arguments) in CHECKS.items():
        began_s = time.perf_counter()
        print(f"== {name}: {tool} {' '.join(arguments)}", flush=True)
        extra = sys.argv[1:] if name == "tests" else []
        code = subprocess.run([BIN / tool, *arguments, *extra], cwd=ROOT, env=environment, check=False).returncode
        if code:
            failed.append(name)
        if name != "tests":
            print(f"   {'failed' if code else 'ok'} in {time.perf_counter() - began_s:.0f} s", flush=True)
        elif failed:
            print(f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
