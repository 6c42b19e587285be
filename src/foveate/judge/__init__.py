"""A Run judged by a model (plan, work, run), how far the judge agrees with itself, and whether it can judge (validation)."""
