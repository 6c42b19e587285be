"""Gaze made worse on purpose: error, delay and loss in known amounts, to ask how good a tracker must be."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from foveate.clock import NS_PER_MS
from foveate.errors import UsageError
from foveate.gaze.offset import moved_deg, shift
from foveate.geometry import Camera, Points
from foveate.recording.recording import GazeStream


def degrade(
    gaze: GazeStream,
    *,
    noise_px: float = 0.0,
    noise_deg: float = 0.0,
    bias_px: float = 0.0,
    bias_deg: float = 0.0,
    camera: Camera | None = None,
    delay_ms: float = 0.0,
    loss: float = 0.0,
    burst_ms: float = 0.0,
    seed: int | tuple[int, ...],
) -> GazeStream:
    """Add error, delay and loss to what a tracker wrote.

    The draws do not depend on the amounts: with one seed twice the noise is the same noise twice as large, and what a smaller
    loss takes a larger one takes as well, so that amounts are compared on the same luck.

    Args:
        gaze: the samples as recorded.
        noise_px: standard deviation on each axis of an error that every sample draws for itself (a tracker's precision).
        noise_deg: the same in degrees of visual angle; needs the camera.
        bias_px: standard deviation on each axis of an error that all samples share (its accuracy: a worn-out calibration).
        bias_deg: the same in degrees of visual angle; needs the camera.
        camera: the scene camera's calibration.
        delay_ms: how much later every sample is stamped than the eye was there.
        loss: share of the samples that are lost, from 0 to 1.
        burst_ms: samples are lost together in stretches of this length, or several of them; 0 loses each for itself.
        seed: of all draws; give every recording its own.

    Returns:
        The samples with notes of what was done. Lost is NaN and not valid, as is a point beyond the camera model's field.

    Raises:
        UsageError: for an amount that is not allowed, pixels together with degrees, or degrees without a camera.
    """
    check_amounts(
        noise_px=noise_px,
        noise_deg=noise_deg,
        bias_px=bias_px,
        bias_deg=bias_deg,
        delay_ms=delay_ms,
        loss=loss,
        burst_ms=burst_ms,
    )
    noise, bias, lost = (np.random.default_rng([*np.atleast_1d(seed).tolist(), draw]) for draw in range(3))
    errors = noise.normal(size=gaze.point_px.shape), bias.normal(size=(1, 2))
    if noise_deg or bias_deg:
        if camera is None:
            raise UsageError("an error in degrees needs the camera's calibration, which this recording has not: give pixels")
        gaze = moved_deg(gaze, noise_deg * errors[0] + bias_deg * errors[1], camera)
    elif noise_px or bias_px:
        gaze = replace(gaze, point_px=gaze.point_px + noise_px * errors[0] + bias_px * errors[1])
    if loss:
        gaze = _without(gaze, _lost(gaze, loss, burst_ms, lost))
    if delay_ms:
        gaze = shift(gaze, offset_ms=delay_ms)
    told = {"noise": (noise_px, noise_deg), "error of the whole recording": (bias_px, bias_deg)}
    notes = [f"{name} added: {_amount(*amounts)} on each axis" for name, amounts in told.items() if any(amounts)]
    return replace(gaze, notes=(*gaze.notes, *notes))


def _amount(px: float, deg: float) -> str:
    return f"{px:g} px" if px else f"{deg:g} deg"


def check_amounts(*, loss: float, delay_ms: float, **amounts: float) -> None:
    """Raise a UsageError for what ``degrade`` does not take."""
    for name, amount in amounts.items():
        if not 0 <= amount < np.inf:
            raise UsageError(f"{name} must be 0 or more, got {amount:g}")
    if not 0 <= loss <= 1:
        raise UsageError(f"loss is a share of the samples from 0 to 1, got {loss:g}")
    if not np.isfinite(delay_ms):
        raise UsageError(f"delay_ms must be finite, got {delay_ms:g}")
    if (amounts["noise_px"] or amounts["bias_px"]) and (amounts["noise_deg"] or amounts["bias_deg"]):
        raise UsageError("give noise and bias in pixels or in degrees, not one in each")


def _lost(gaze: GazeStream, loss: float, burst_ms: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(N,) whether each sample is lost: time is cut into stretches of a burst's length, and each is lost or kept whole."""
    phase = rng.random()
    if not len(gaze):
        return np.zeros(0, dtype=np.bool_)
    stretch = np.arange(len(gaze))
    if burst_ms:
        since_ns = gaze.time_ns - gaze.time_ns[0]
        stretch = np.floor(since_ns / (burst_ms * NS_PER_MS) + phase).astype(np.int64)
    return np.asarray(rng.random(int(stretch[-1]) + 1)[stretch] < loss)


def _without(gaze: GazeStream, lost: NDArray[np.bool_]) -> GazeStream:
    point: Points = np.where(lost[:, None], np.nan, gaze.point_px)
    note = f"{np.count_nonzero(lost & gaze.valid)} of {np.count_nonzero(gaze.valid)} valid gaze samples taken away"
    return replace(gaze, point_px=point, valid=gaze.valid & ~lost, notes=(*gaze.notes, note))
