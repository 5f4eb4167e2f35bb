"""How long each stage of an answer takes, for those who measure it; nothing is kept where nobody does."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SECONDS: ContextVar[dict[str, float] | None] = ContextVar("stage_seconds", default=None)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Count the time of the block to a stage."""
    seconds = _SECONDS.get()
    began = time.perf_counter()
    try:
        yield
    finally:
        if seconds is not None:
            seconds[name] = seconds.get(name, 0.0) + time.perf_counter() - began


@contextmanager
def timed_stages() -> Iterator[dict[str, float]]:
    """Seconds of each stage that is entered within the block, by its name."""
    seconds: dict[str, float] = {}
    token = _SECONDS.set(seconds)
    try:
        yield seconds
    finally:
        _SECONDS.reset(token)
