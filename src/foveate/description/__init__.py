"""Descriptions of recordings, and questions about a moment."""
