"""MediaPipe's small detectors, BlazeFace and BlazePalm: their networks out of a wheel that the user names, and what they tell.

The networks (Apache-2.0) are not ours to ship. Code around them is written from the published model cards and graph options,
and follows them; each file says where it departs. Source: Bazarevsky et al., BlazeFace (arXiv 1907.05047).
"""
