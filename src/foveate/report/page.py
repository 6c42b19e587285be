"""Jinja templates of the package, with everything escaped: text from a model or a recording is data."""

from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from foveate.clock import clock_text
from foveate.description.description import explained


def render_page(template: str, **values: Any) -> str:
    """Fill a template of ``report/templates``."""
    environment = Environment(
        loader=PackageLoader("foveate.report"),
        autoescape=select_autoescape(["html", "j2"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = clock_text
    environment.filters["explained"] = explained
    environment.filters["percent"] = lambda share: f"{share:.1%}"
    # our own style sheet, the one text that is not escaped
    style = Markup(files("foveate.report").joinpath("templates/style.css").read_text(encoding="utf-8"))  # noqa: S704
    return environment.get_template(template).render(style=style, **values)
