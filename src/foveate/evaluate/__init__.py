"""A study file: samples x ways of showing x models x instructions -> a Run, its table, and what compares Runs."""
