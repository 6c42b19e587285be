"""The Run: the self-sufficient record of what was asked, shown, answered and scored, one line per item."""

from foveate.run.images import image_hash, keep_image, kept_image
from foveate.run.line import Key, RunLine
from foveate.run.run import Run, read_run, write_scores

__all__ = ["Key", "Run", "RunLine", "image_hash", "keep_image", "kept_image", "read_run", "write_scores"]
