"""A study file: samples x ways of showing x models x instructions -> a Run and its table.

It is not called evaluate, since ``foveate.evaluate`` is the public function and a package of that name would hide it.
"""
