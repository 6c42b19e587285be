"""The two networks of MediaPipe Hands, out of a wheel or a folder that the user names."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from foveate.blaze.wheel import read_networks

PALM = "palm_detection_full.tflite"
HAND = "hand_landmark_full.tflite"


@dataclass(frozen=True)
class Networks:
    """The bytes of both networks."""

    palm: bytes
    hand: bytes
    source: str
    """Where they were taken from."""

    @property
    def fingerprint(self) -> str:
        """Twelve digits that tell these weights from others."""
        return sha256(self.palm + self.hand).hexdigest()[:12]


def find_networks(path: Path | None) -> Networks:
    """Both networks, out of a wheel of mediapipe, a folder that holds the two files somewhere, or the installed mediapipe.

    Raises:
        ModelError: where they are not there.
    """
    (palm, hand), source = read_networks(path, (PALM, HAND), of="hands", option="--models")
    return Networks(palm, hand, source)
