"""Attention over the patches of each frame that a model may carry between its vision encoder and its language side."""

from foveate.model.attention.attach import Attached, attach, attach_saved
from foveate.model.attention.block import OUTPUTS, QUERIES, Attended, PatchAttention, load_block, save_block
from foveate.model.attention.families import FAMILIES, Family, token_patches
from foveate.model.attention.layouts import Layout
from foveate.model.attention.looked import Looked

__all__ = [
    "FAMILIES",
    "OUTPUTS",
    "QUERIES",
    "Attached",
    "Attended",
    "Family",
    "Layout",
    "Looked",
    "PatchAttention",
    "attach",
    "attach_saved",
    "load_block",
    "save_block",
    "token_patches",
]
