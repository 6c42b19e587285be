"""The page on which a person codes: one file that works offline and keeps every click in the browser."""

import base64
import hashlib
import json
from importlib.resources import files

from markupsafe import Markup

from foveate.codes.answer import QUESTIONS, Per
from foveate.codes.book import CodeBook
from foveate.codes.sample import Sample
from foveate.report.page import render_page


def coding_page(sample: Sample, book: CodeBook, per: Per) -> str:
    """HTML with the spans' images, the question and the labels; no label that anybody chose, and no model.

    Args:
        sample: the spans.
        book: what is chosen from.
        per: what gets a label.
    """
    items = [
        {
            "recording": item.recording,
            "onset_s": round(item.onset_s, 3),
            "offset_s": round(item.offset_s, 3),
            "images": item.images,
        }
        for item in sample.items
    ]
    # the same spans, shown in the same way, with the same code book are the same work: what was clicked is found again
    work = hashlib.sha256(json.dumps([book.id, items]).encode("utf-8", "backslashreplace")).hexdigest()[:12]
    data = {"work": work, "codebook": book.id, "labels": list(book.names), "items": items}
    script = files("foveate.report").joinpath("templates/coding.js").read_text(encoding="utf-8")
    return render_page(
        "coding.html.j2",
        title=book.title or "Coding",
        question=book.question or QUESTIONS[per],
        labels=book.labels,
        count=len(items),
        per=per,
        # what would end the element or begin a comment is written as JSON's escape
        data=Markup(json.dumps(data).replace("<", "\\u003c")),  # noqa: S704
        script=Markup(script),  # noqa: S704  # our own
        script_hash=base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii"),
    )
