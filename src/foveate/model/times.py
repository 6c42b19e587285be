"""How a prompt tells a model when its images were seen."""


def clock_text(time_s: float) -> str:
    """Seconds as minutes and seconds with one decimal: 12.5 -> "0:12.5", 3725 -> "1:02:05.0"."""
    tenths = round(time_s * 10)
    sign, tenths = ("-" if tenths < 0 else ""), abs(tenths)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{tenths // 10:02d}.{tenths % 10}"
    return f"{sign}{hours}:{minutes:02d}:{seconds}" if hours else f"{sign}{minutes}:{seconds}"


def times_sentence(times_s: list[float]) -> str:
    """One sentence for templates that put all images before the text."""
    return f"The images were seen at {', '.join(clock_text(time_s) for time_s in times_s)}."
