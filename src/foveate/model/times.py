"""How a prompt tells a model when its images were seen."""

from foveate.clock import clock_text


def times_sentence(times_s: list[float]) -> str:
    """One sentence for templates that put all images before the text."""
    return f"The images were seen at {', '.join(clock_text(time_s) for time_s in times_s)}."
