"""Tell on standard error how far a batch has come, and how long it will still take."""

import sys
import time

from tqdm import tqdm

_EVERY_SECONDS = 10.0
_FORMAT = "{percentage:3.0f}% |{bar:20}| {n_fmt}/{total_fmt}, {elapsed} so far, {remaining} left{postfix}"


class Progress:
    """A bar on a terminal, else a line now and then for a log.

    Args:
        total: How many there are.
        what: What is counted, in plural.
        done: How many were done before.
        quiet: Tell nothing.
    """

    def __init__(self, total: int, what: str, *, done: int = 0, quiet: bool = False) -> None:
        self._total, self._what, self._done, self._before = total, what, done, done
        self._failed = 0
        self._quiet = quiet
        self._began = self._told = time.monotonic()
        terminal = not quiet and sys.stderr.isatty()
        self._bar = tqdm(total=total, initial=done, bar_format=_FORMAT, dynamic_ncols=True) if terminal else None
        if done and not quiet and self._bar is None:
            self._tell(f"{done} of {total} {what} are done already")

    def step(self, *, failed: bool = False) -> None:
        """One more is done."""
        self._done += 1
        self._failed += failed
        if self._bar is not None:
            if self._failed:
                self._bar.set_postfix_str(f"{self._failed} failed")
            self._bar.update()
        elif not self._quiet and time.monotonic() - self._told >= _EVERY_SECONDS:
            self._tell(f"{self._counts()}, about {self._left()} left")

    def close(self) -> None:
        """The end is reached."""
        if self._bar is not None:
            self._bar.close()
        elif not self._quiet:
            self._tell(f"{self._counts()} in {_duration(time.monotonic() - self._began)}")

    def _counts(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{self._done} of {self._total} {self._what}{failed}"

    def _left(self) -> str:
        now = time.monotonic()
        return _duration((now - self._began) / (self._done - self._before) * (self._total - self._done))

    def _tell(self, words: str) -> None:
        self._told = time.monotonic()
        sys.stderr.write(words + "\n")
        sys.stderr.flush()


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
