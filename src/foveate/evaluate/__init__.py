"""A study file: samples x ways of showing x models -> Runs -> tables.

This package is also the public function ``foveate.evaluate(study, ...)``, see ``foveate.evaluate.api``: a function of that
name in ``foveate`` would be hidden by the package as soon as some part of it is imported.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foveate.run import Run


class _Package(ModuleType):
    """A package that can be called."""

    def __call__(self, *study: Any, **how: Any) -> "Run":
        from foveate.evaluate.api import evaluate

        return evaluate(*study, **how)


sys.modules[__name__].__class__ = _Package
