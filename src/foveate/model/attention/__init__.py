"""Attention over the patches of each frame that a model may carry between its vision encoder and its language side."""

from foveate.model.attention.block import OUTPUTS, QUERIES, Attended, PatchAttention, load_block, save_block

__all__ = ["OUTPUTS", "QUERIES", "Attended", "PatchAttention", "load_block", "save_block"]
