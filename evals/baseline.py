"""Keep of a run what a gate needs to hold later runs against it, small enough to stand beside the code.

    python -m evals.baseline DIR OUT

Writes `OUT/report.json`: one line a question, so that a change of the baseline shows which questions changed.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.errors import OutputError
from evals.stored import StoredRun, load_run

_DIGITS = 4


def baseline_text(run: StoredRun) -> str:
    """The questions with their outcomes and values; times, which are never the same, left out."""
    lines = [
        json.dumps(
            {
                "id": one.id,
                "question": one.question,
                "kind": one.kind,
                "expects_answer": one.expects_answer,
                "outcome": one.outcome,
                "values": {name: round(value, _DIGITS) for name, value in one.values.items()},
                "answer": one.digest,
            },
            ensure_ascii=False,
        )
        for one in run.questions.values()
    ]
    settings = json.dumps(dict(run.settings), ensure_ascii=False)
    return f'{{"settings": {settings},\n"per_question": [\n' + ",\n".join(lines) + "\n]}\n"


def main(arguments: Sequence[str]) -> None:
    """Read a run and write its baseline."""
    if len(arguments) != 2:
        sys.exit("usage: python -m evals.baseline DIR OUT")
    folder, out = map(Path, arguments)
    text = baseline_text(load_run(folder))
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").write_text(text, encoding="utf-8", newline="\n")
    except OSError as problem:
        raise OutputError(f"{out}: cannot be written ({problem.strerror}); name another folder") from problem


if __name__ == "__main__":
    main(sys.argv[1:])
