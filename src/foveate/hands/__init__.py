"""Hands found in scene frames, for recordings whose tracker tracks none: palms first, then the 21 points of each hand.

The two networks are MediaPipe's (Apache-2.0) and are not ours to ship: the user names a wheel of mediapipe, or a folder. Code
around them is written from the published model cards and graph options, and follows them; each file says where it departs.
Source: Zhang et al., MediaPipe Hands (arXiv 2006.10214).
"""
