"""How far an ingest has come, and what became of each file: for the eye, beside `--json`."""

import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Never

from vectorstore.outcome import FAILURES, FileOutcome, Outcome

if TYPE_CHECKING:
    from tqdm import tqdm

_EVERY_SECONDS = 10.0
_SHOWN_NAME = 40
_FORMAT = "{percentage:3.0f}% |{bar:20}| {n_fmt}/{total_fmt}, {elapsed} so far, {remaining} left{postfix}"


class Progress:
    """Tells on standard error how far an ingest has come: a bar on a terminal, else a line now and then for a log."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._bar: tqdm[Never] | None = None
        self._began: float | None = None
        self._told = 0.0
        self._failed = 0
        self._done = self._total = 0

    def start(self, path: str, done: int, total: int) -> None:
        """Tell which file is read now, and that so many of `total` are done."""
        self._begin(total)
        if self._bar is not None:
            shown = path if len(path) <= _SHOWN_NAME else f"…{path[1 - _SHOWN_NAME :]}"
            self._bar.set_postfix_str(shown)

    def report(self, outcome: FileOutcome, done: int, total: int) -> None:
        """Tell that one more file is done."""
        began = self._begin(total)
        self._done, self._total = done, total
        failed = outcome.outcome in FAILURES
        self._failed += failed
        if self._bar is not None:
            if failed:
                self._bar.write(_line(outcome), file=self._stream)
            self._bar.total = total
            self._bar.update(done - self._bar.n)
        elif (now := time.monotonic()) - self._told >= _EVERY_SECONDS:
            self._told = now
            left = _duration((now - began) / done * (total - done))
            self._stream.write(f"{done} of {total} files, {self._failed} not read, about {left} left\n")
            self._stream.flush()
        if done == total:
            self.close()

    def stop(self) -> None:
        """Tell how far it came, where it cannot go on."""
        self.close()
        if self._done < self._total:
            self._stream.write(
                f"Stopped after {self._done} of {self._total} files; what was read of those is stored.\n"
            )

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
        self._bar = self._began = None

    def _begin(self, total: int) -> float:
        """When the present folder or list was begun: now, if nothing was told of it yet."""
        if self._began is not None:
            return self._began
        self._began = self._told = time.monotonic()
        self._failed = 0
        if self._stream.isatty():
            from tqdm import tqdm

            # To a terminal that does not tell how large it is, a bar of no width would be written.
            told = os.get_terminal_size(self._stream.fileno()).columns > 0
            ncols, nrows = (None, None) if told else (80, 24)
            self._bar = tqdm(
                total=total,
                bar_format=_FORMAT,
                file=self._stream,
                leave=False,
                dynamic_ncols=told,
                ncols=ncols,
                nrows=nrows,
            )
        return self._began


def report_lines(outcomes: Sequence[FileOutcome]) -> list[str]:
    """The report on an ingest: a line for each file that is not as it was, and what there was of each kind."""
    if not outcomes:
        return ["No files or web pages found there, and none in the store that came from there."]
    counts = Counter(outcome.outcome for outcome in outcomes)
    if set(counts) == {Outcome.UNCHANGED}:
        return [f"Nothing to do: {_files(len(outcomes))} unchanged."]
    told = [_line(outcome) for outcome in outcomes if outcome.outcome != Outcome.UNCHANGED]
    kinds = ", ".join(f"{counts[kind]} {kind.value}" for kind in Outcome if counts[kind])
    failed = sum(counts[kind] for kind in FAILURES)
    not_read = f" {_files(failed)} could not be read; the reasons stand above." if failed else ""
    return [*told, f"{_files(len(outcomes))}: {kinds}.{not_read}"]


def _line(outcome: FileOutcome) -> str:
    pages = f" ({outcome.pages} page{'s' if outcome.pages != 1 else ''})" if outcome.pages is not None else ""
    same = f" has the content of {outcome.document}" if outcome.outcome == Outcome.DUPLICATE else ""
    reason = f": {outcome.reason}" if outcome.reason else ""
    return f"{outcome.outcome.value:14} {outcome.path}{pages}{same}{reason}"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
