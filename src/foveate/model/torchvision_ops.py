"""Lets torchvision be imported beside a build of torch that its compiled operators do not fit.

A torchvision built for another torch fails on import with "operator torchvision::nms does not exist", and transformers with it.
The processors of the model families need torchvision's resizing only, which is plain torch. So where the plain import fails
with exactly that error, the two operators that torchvision registers shapes for are declared, without an implementation.
"""

import logging
import sys
from typing import Any

logger = logging.getLogger(__name__)

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)
_library: list[Any] = []
"""Keeps the declaration alive: torch drops a library's operators with its last reference."""


def ensure_operators() -> bool:
    """Import torchvision, declaring its two missing operators where they are; True where that was needed.

    Call it before transformers is imported. Any other failure of the import is left as it is: transformers will tell.
    """
    if _library:
        return True
    try:
        import torchvision
    except ModuleNotFoundError:
        return False
    except RuntimeError as error:
        if str(error) != "operator torchvision::nms does not exist":
            return False
    else:
        return False
    import torch

    for module in [module for module in sys.modules if module.split(".")[0] == "torchvision"]:
        del sys.modules[module]
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in SCHEMAS:
        library.define(schema)  # type: ignore[no-untyped-call]
    _library.append(library)
    import torchvision  # noqa: F401

    # nothing that foveate's models do depends on it: who wants to mend it is told by foveate doctor
    logger.debug("torchvision does not fit this torch; declared its operators nms and qnms, which image processors never call")
    return True
