"""From a study file to a server that runs: the Run, the design, the clips, the store, the socket."""

import ipaddress
import json
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from foveate.errors import UsageError, require
from foveate.evaluation.places import open_place
from foveate.job.disk import write_whole
from foveate.loopback import LOOPBACK, is_loopback
from foveate.recording import Recording, open_recording
from foveate.run import Run, read_run
from foveate.study.begun import DESIGN, check_begun
from foveate.study.blurring import count_faces, detector_of
from foveate.study.clips import Find, cut_clips
from foveate.study.config import Raters
from foveate.study.design import Design, make_design
from foveate.study.forget import is_forgotten
from foveate.study.items import Items, left_out_table, read_items
from foveate.study.store import Store, sha256

CONSENT = Path(__file__).parent / "consent.txt"
FEWEST_TOKEN_LETTERS = 16
HTTP_PORT, HTTPS_PORT = 80, 443


@dataclass(frozen=True)
class Prepared:
    """A study that is ready to be served."""

    design: Design
    items: Items
    store: Store
    clips: dict[str, tuple[str, ...]]
    consent: str
    """What raters agree to."""
    warnings: tuple[str, ...]
    """What is to be known of the Run."""


def prepare(raters: Raters, *, advance: Callable[[str, int], Callable[[int], None]] | None = None) -> Prepared:
    """Read the Run, lay out the design, cut the clips and open the store.

    Args:
        raters: the section of the study file.
        advance: given what goes on and how many, told after each.

    Raises:
        UsageError: where something is missing, or the study is not the one that raters began.
    """
    require("fastapi", "uvicorn")
    consent, faces = _consent(raters.consent or CONSENT), detector_of(raters)
    run = read_run(raters.run)
    items = read_items(run, raters)
    design = make_design(items, raters)
    store = Store(raters.store, create=True)
    _same_design(store, raters, items)
    wanted = [item for item in design.clips if not is_forgotten(store, item.cluster, item.recording)]
    store.keep_clips(wanted)
    tell = advance("cutting clips", len(wanted)) if advance else lambda _: None
    clips = cut_clips(wanted, raters, _finder(run, raters), faces=faces, advance=tell)
    store.keep_fact("faces", count_faces(clips.values(), raters, faces) if faces else None)
    store.keep_fact("conditions", items.conditions)
    store.keep_fact("pairs", items.pairs)
    store.keep_fact("not asked", items.left_out)
    write_whole(raters.left_out, left_out_table(items.left_out).encode("utf-8", "backslashreplace"))
    store.keep_fact("run", {"folder": str(run.folder), "title": run.name, "notice": run.facts.get("notice")})
    warnings = [f"the Run bears the notice: {run.facts['notice']}"] if run.facts.get("notice") else []
    if not run.facts.get("complete", True):
        warnings.append("the Run is not complete: finish it with foveate evaluate before raters begin")
    return Prepared(design, items, store, clips, consent, tuple(warnings))


def _consent(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the consent text {file} is no UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from error
    if not text:
        raise UsageError(f"the consent text {file} is empty; write what raters agree to, or leave consent out")
    return text


def _same_design(store: Store, raters: Raters, items: Items) -> None:
    """Keep what raters begin with, and refuse anything else later."""
    texts = json.dumps([[item.sample, dict(item.texts)] for item in items.items])
    now = {**raters.design(), "the Run's answers": sha256(texts)}
    check_begun(store, now)
    store.keep_fact(DESIGN, now)


def _finder(run: Run, raters: Raters) -> Find:
    """Where a recording of the Run is: as ``recordings`` says, or where the Run found it."""
    places = run.facts.get("recordings", {})

    @lru_cache(maxsize=1)
    def moved() -> dict[str, Recording]:
        return {recording.name: recording for recording in map(open_recording, raters.recordings)}

    @lru_cache(maxsize=2)
    def find(name: str) -> Recording:
        if name in moved():
            return moved()[name]
        if name not in places:
            raise UsageError(f"the Run does not tell where {name} is; name its folder: recordings = [...] in [raters]")
        return open_place(places[name])

    return find


def check_token(token: str | None) -> None:
    """Refuse one that could be guessed.

    Raises:
        UsageError: for fewer than 16 letters.
    """
    if token is not None and len(token) < FEWEST_TOKEN_LETTERS:
        raise UsageError(f"a token has {FEWEST_TOKEN_LETTERS} letters or more, got {len(token)}; leave it out to have one made")


def token_of(store: Store, *, host: str, origin: str | None, token: str | None) -> str:
    """What a link to join must bear; empty where only this machine can be asked."""
    if token is not None or (is_loopback(host) and origin is None):
        return token or ""
    return store.secret("of joining")


def origins_of(*, host: str, port: int, origin: str | None) -> frozenset[str]:
    """Where our own pages come from, as a browser tells it; empty where that cannot be known.

    Raises:
        UsageError: for an address with more than scheme, name and port.
    """
    local = (host, *LOOPBACK) if is_loopback(host) else LOOPBACK
    here = {address_of(name, port) for name in local}
    if origin is not None:
        return frozenset({_origin(origin), *here})
    return frozenset(here) if is_loopback(host) else frozenset()


def shown_of(host: str) -> str:
    """What others call this machine, where it listens to all that reach it: nobody can open 0.0.0.0."""
    try:
        return socket.gethostname() if ipaddress.ip_address(host).is_unspecified else host
    except ValueError:
        return host


def address_of(host: str, port: int) -> str:
    """A server's origin as a browser tells it: 80 is not said."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}" if port == HTTP_PORT else f"http://{name}:{port}"


def _origin(given: str) -> str:
    """As a browser tells it: in small letters, without the port that its scheme has anyway."""
    try:
        parts = urlsplit(given.strip().lower())
        usual = {"http": HTTP_PORT, "https": HTTPS_PORT}[parts.scheme]
        if not parts.hostname or parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError
        name = parts.netloc.removesuffix(f":{parts.port}")
        return f"{parts.scheme}://{name}" if parts.port in (None, usual) else f"{parts.scheme}://{parts.netloc}"
    except (ValueError, KeyError):
        raise UsageError(
            f"--origin is what a browser shows before the first single slash, https://study.example, got {given}"
        ) from None


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        UsageError: where the port is taken, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family)
    if os.name == "posix":  # elsewhere it would let two servers share a port
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(128)
    except OSError as error:
        made.close()
        raise UsageError(
            f"cannot listen on {host}, port {port} ({error.strerror or error}); choose another with --port"
        ) from error
    return made


def run_server(prepared: Prepared, listening: socket.socket, *, token: str, origins: frozenset[str]) -> None:
    """Serve until Ctrl-C; requests are not logged, since a link is a rater's key."""
    import uvicorn

    from foveate.study.server import Service, make_app

    service = Service(prepared.store, prepared.design, prepared.clips, prepared.consent, token)
    config = uvicorn.Config(
        make_app(service, origins=origins),
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run(sockets=[listening])
