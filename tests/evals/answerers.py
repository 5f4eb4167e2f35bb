"""What answers in the processes of the tests of `evals.workers`, which import it anew."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from assistant.answers import Answer, AnswerStatus, Turn


class Obedient:
    """Does what a question says: `sleep`, `die`, `raise`; anything else it answers."""

    def ask(self, question: str, history: Sequence[Turn] = (), *, answer_id: str | None = None) -> Answer:
        if "sleep" in question:
            time.sleep(600)
        if "die" in question:
            os.kill(os.getpid(), signal.SIGKILL)
        if "raise" in question:
            raise RuntimeError("as it was told")
        before = "".join(turn.answer for turn in history)
        return Answer(answer_id or "?", question, question, "sv", AnswerStatus.ANSWERED, f"{before}Svar på {question}")


class Stillborn:
    """Takes its process with it when it is opened."""

    def __init__(self) -> None:
        os._exit(7)


class Stubborn:
    """Cannot be opened."""

    def __init__(self) -> None:
        raise ValueError("no weights here")


class Lingering(Obedient):
    """Writes down which process it is in, before it answers."""

    def ask(self, question: str, history: Sequence[Turn] = (), *, answer_id: str | None = None) -> Answer:
        with Path(os.environ["PIDS"]).open("a", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")
        return super().ask(question, history, answer_id=answer_id)
