"""Slow down whoever tries one password after another."""

import time


class Throttle:
    """Makes whoever tries one password after another wait, longer each time.

    Args:
        free: Attempts before the first wait.
        first: Seconds of the first wait; each further failure doubles it, up to `longest`.
        longest: Seconds of the longest one.
    """

    def __init__(self, free: int = 5, first: float = 15.0, longest: float = 900.0) -> None:
        self._free, self._first, self._longest = free, first, longest
        self._failed: dict[tuple[str, str], tuple[int, float]] = {}

    def wait(self, name: str, client: str) -> int:
        """Seconds to wait before the next attempt; 0 for none."""
        count, last = self._failed.get((name, client), (0, 0.0))
        if count < self._free:
            return 0
        pause = min(self._longest, self._first * 2 ** min(count - self._free, 16))
        return max(0, int(last + pause - time.monotonic() + 0.5))

    def fail(self, name: str, client: str) -> None:
        """An attempt failed."""
        now = time.monotonic()
        if len(self._failed) > 10_000:
            self._failed = {key: seen for key, seen in self._failed.items() if now - seen[1] < self._longest}
        count, _ = self._failed.get((name, client), (0, 0.0))
        self._failed[name, client] = (count + 1, now)

    def succeed(self, name: str, client: str) -> None:
        """An attempt succeeded."""
        self._failed.pop((name, client), None)
