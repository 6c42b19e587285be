"""The model of a batch: loaded once in every worker process, by its name."""

from dataclasses import dataclass

from foveate.model import load_model
from foveate.model.model import Model


@dataclass(frozen=True)
class Speaker:
    """How a worker loads the model; a key stays in the environment and is written nowhere."""

    name: str
    """As for ``load_model``."""
    send: bool = False
    """Whether images may leave this machine."""
    device: str = "auto"
    """Of a local model."""
    dtype: str = "auto"
    """Of a local model; answers depend on it."""

    def load(self) -> Model:
        """The model."""
        options = {key: value for key, value in (("device", self.device), ("dtype", self.dtype)) if value != "auto"}
        return load_model(self.name, send=self.send, **options)
