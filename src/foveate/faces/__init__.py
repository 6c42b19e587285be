"""Faces found in frames, so that they can be blurred before people see them who have no business with them.

Never anonymity: faces are missed, and a person is known by more than a face. docs/raters.md has what was measured.
"""
