"""Comparisons in the making: cell by cell in the background, kept in files, each seen by its owner only."""

import json
import logging
import re
import threading
import uuid
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assistant.compare import Cell, CellState, Grid, Subject, check_choice, read_grid
from assistant.ui_state import Answering
from assistant.users import write_privately

_log = logging.getLogger(__name__)

KEPT = 20
"""How many comparisons of an owner are kept."""

_ID = re.compile(r"[0-9a-f]{32}")


class Comparisons:
    """Makes comparisons and keeps them. Safe to use from several threads.

    Those under way take turns, a cell each, so that a long one does not keep a short one waiting.

    Args:
        assistant: What answers.
        folder: Where they are kept; None keeps them as long as the program runs.
        days: After how many days one is forgotten; 0 for never.
        longest: Characters that a question may have.
        at_once: How many cells are filled at a time; more than one gains nothing where this machine does the work.
    """

    def __init__(
        self, assistant: Answering, folder: Path | None = None, *, days: int = 0, longest: int = 1000, at_once: int = 1
    ) -> None:
        self._assistant = assistant
        self._folder = folder
        self._days = days
        self._longest = longest
        self._at_once = at_once
        self._changed = threading.Condition(threading.RLock())
        self._grids: dict[str, Grid] = {}
        self._turns: deque[str] = deque()
        self._threads: list[threading.Thread] = []
        self._closing = False
        for grid in self._read():
            self._grids[grid.id] = grid
        self._forget_old()

    def start(self, owner: str, questions: Sequence[str], subjects: Sequence[Subject]) -> Grid:
        """Begin a comparison; returns at once.

        Raises:
            ComparisonRefused: It cannot be made of these.
        """
        asked, chosen = check_choice(questions, subjects, self._longest)
        now = datetime.now(UTC).isoformat("T", "milliseconds")
        grid = Grid(uuid.uuid4().hex, owner, asked, chosen, (Cell(),) * (len(asked) * len(chosen)), now)
        with self._changed:
            self._grids[grid.id] = grid
            self._forget_old()
            for old in self.of(owner)[KEPT:]:
                self.delete(old.id, owner)
        self._enqueue(grid)
        return grid

    def resume(self, grid_id: str, owner: str) -> Grid | None:
        """Go on with a comparison that was stopped, and try once more what broke."""
        with self._changed:
            grid = self.get(grid_id, owner)
            if grid is None:
                return None
            cells = tuple(Cell() if cell.state == CellState.BROKEN else cell for cell in grid.cells)
            grid = replace(grid, stopped=False, cells=cells)
            self._grids[grid_id] = grid
        if not grid.complete:
            self._enqueue(grid)
        return grid

    def stop(self, grid_id: str, owner: str) -> None:
        """Fill no more cells of a comparison."""
        with self._changed:
            grid = self.get(grid_id, owner)
            if grid is not None and not grid.complete:
                self._grids[grid_id] = replace(grid, stopped=True)
                self._write(self._grids[grid_id])

    def get(self, grid_id: str, owner: str) -> Grid | None:
        """A comparison, if it is the owner's."""
        with self._changed:
            grid = self._grids.get(grid_id)
        return grid if grid is not None and grid.owner == owner else None

    def of(self, owner: str) -> list[Grid]:
        """The owner's comparisons, the latest first."""
        with self._changed:
            own = [grid for grid in self._grids.values() if grid.owner == owner]
        return sorted(own, key=lambda grid: grid.begun_at, reverse=True)

    def delete(self, grid_id: str, owner: str) -> None:
        """Forget a comparison."""
        with self._changed:
            if self.get(grid_id, owner) is None:
                return
            del self._grids[grid_id]
            with suppress(ValueError):
                self._turns.remove(grid_id)
            if self._folder is not None:
                (self._folder / f"{grid_id}.json").unlink(missing_ok=True)

    def wait(self, grid_id: str, seconds: float) -> Grid:
        """A comparison once it is complete or stopped, or as it is after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: not self._grids[grid_id].under_way, seconds)
            return self._grids[grid_id]

    def close(self, seconds: float = 10.0) -> None:
        """Fill no more cells, and wait for those being filled so many seconds."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            threads = list(self._threads)
        for thread in threads:
            thread.join(seconds)

    def _enqueue(self, grid: Grid) -> None:
        with self._changed:
            self._write(grid)
            if grid.id not in self._turns:
                self._turns.append(grid.id)
            if len(self._threads) < self._at_once:
                thread = threading.Thread(target=self._run, name="utblick-compare", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._turns or self._closing)
                if self._closing:
                    return
                taken = self._take()
            if taken is None:
                continue
            grid, index = taken
            cell = self._fill(grid, index)
            with self._changed:
                if grid.id in self._grids:
                    self._grids[grid.id] = self._grids[grid.id].with_cell(index, cell)
                    self._write(self._grids[grid.id])
                self._changed.notify_all()

    def _take(self) -> tuple[Grid, int] | None:
        """The next cell to fill of the comparison whose turn it is."""
        grid_id = self._turns.popleft()
        grid = self._grids.get(grid_id)
        if grid is None or grid.stopped:
            self._changed.notify_all()
            return None
        waiting = [index for index, cell in enumerate(grid.cells) if cell.state == CellState.WAITING]
        if not waiting:
            return None
        self._grids[grid_id] = grid.with_cell(waiting[0], Cell(CellState.WORKING))
        if len(waiting) > 1:
            self._turns.append(grid_id)
        return grid, waiting[0]

    def _fill(self, grid: Grid, index: int) -> Cell:
        question = grid.questions[index // len(grid.subjects)]
        subject = grid.subjects[index % len(grid.subjects)]
        try:
            *_, answer = self._assistant.stream(question, (), subject.scope)
        except Exception:  # the door: one question that breaks must not take the others with it
            _log.exception("A cell of a comparison could not be filled")
            return Cell(CellState.BROKEN)
        # What was considered is not shown, and is many times as long as the answer.
        return Cell(CellState.DONE, replace(answer, retrieved=()))

    def _forget_old(self) -> None:
        """Forget what is older than comparisons are kept."""
        if not self._days:
            return
        oldest = (datetime.now(UTC) - timedelta(days=self._days)).isoformat("T", "milliseconds")
        for grid in [grid for grid in self._grids.values() if grid.begun_at < oldest]:
            self.delete(grid.id, grid.owner)

    def _write(self, grid: Grid) -> None:
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_privately(self._folder / f"{grid.id}.json", json.dumps(grid.as_json(), ensure_ascii=False))
        except OSError as error:
            # It goes on in memory; only a restart of the program would lose it.
            _log.warning("The comparison could not be kept in %s: %s", self._folder, error)

    def _read(self) -> list[Grid]:
        grids = []
        for file in self._folder.glob("*.json") if self._folder is not None else ():
            if not _ID.fullmatch(file.stem):
                continue
            try:
                grid = read_grid(json.loads(file.read_text("utf-8")))
                grids.append(grid if grid.complete else replace(grid, stopped=True))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                _log.warning("The comparison %s cannot be read and is left out: %s", file.name, error)
        return grids
