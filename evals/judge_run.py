"""Judge a stored run: first how far the judge agrees with people, then the answers, then the means."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from evals.cases import read_cases
from evals.errors import JudgeError, OutputError
from evals.estimate import estimate_mean
from evals.judge import (
    LEAST_KAPPA,
    PROMPT,
    Ask,
    LabelledAnswer,
    as_judged,
    judge_answer,
    judgement_as_json,
    measure_agreement,
)
from evals.progress import Progress
from evals.run import ANSWERS, CASES, read_answers
from evals.score import ANSWERED
from prompts import prompt_digest

JUDGEMENTS = "judge.jsonl"
JUDGE = "judge.json"


def judge_run(
    folder: Path, ask: Ask, model: str, labelled: Sequence[LabelledAnswer], *, quiet: bool = False
) -> dict[str, Any]:
    """Judge the answers of a run into `judge.jsonl` and `judge.json`; goes on where it was interrupted.

    Where the judge does not agree with people well enough, no answer is judged and no number given.

    Args:
        folder: The run's.
        ask: The language model.
        model: Its name, to tell one judge from another.
        labelled: Answers that people have judged.
        quiet: Show no progress.

    Returns:
        What `judge.json` holds: model, agreement, and where that is enough the means of both measures.

    Raises:
        AnswerFileError: There is no run in the folder.
        OutputError: The folder cannot be written.
    """
    cases = {case.id: case for case in read_cases(folder / CASES)}
    answers = [answer for answer in read_answers(folder / ANSWERS) if answer.status in ANSWERED and answer.id in cases]
    identity = _identity(model, labelled)
    result = _earlier(folder / JUDGE, identity)
    if not result:
        agreement = measure_agreement(ask, labelled)
        result = {
            "identity": identity,
            "model": model,
            "labelled": len(labelled),
            "agreement": {name: asdict(one) for name, one in agreement.items()},
            "trusted": all(one.kappa >= LEAST_KAPPA for one in agreement.values()),
        }
        _write(folder / JUDGE, json.dumps(result, ensure_ascii=False, indent=2) + "\n")
        _write(folder / JUDGEMENTS, "")
    if not result["trusted"]:
        return result
    judged = _judged(folder / JUDGEMENTS)
    progress = Progress(len(answers), "answers", done=sum(answer.id in judged for answer in answers), quiet=quiet)
    with (folder / JUDGEMENTS).open("a", encoding="utf-8", newline="\n") as file:
        for answer in answers:
            if answer.id in judged:
                continue
            language, quotes, facts = as_judged(cases[answer.id], answer)
            try:
                found = judge_answer(ask, language, answer.question, answer.text, quotes, facts)
                line = judgement_as_json(answer.id, found)
            except JudgeError as problem:
                # Said, not left out: a mean over what a judge likes to judge would be of something else.
                line = {"id": answer.id, "faithfulness": None, "completeness": None, "unreadable": str(problem)}
            judged[answer.id] = line
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            progress.step(failed="unreadable" in line)
    progress.close()
    result |= {
        "answers": len(answers),
        "unreadable": sum("unreadable" in line for line in judged.values()),
        "measures": {
            name: asdict(estimate_mean([line[name] for line in judged.values() if line.get(name) is not None]))
            for name in ("faithfulness", "completeness")
        },
    }
    _write(folder / JUDGE, json.dumps(result, ensure_ascii=False, indent=2) + "\n")
    return result


def tell_judgement(result: Mapping[str, Any]) -> str:
    """The result for people: the agreement before all else."""
    agreement = result["agreement"]
    lines = [f"{result['model']} judged {result['labelled']} answers that people had judged:"]
    for name, words in (("faithful", "claims all supported"), ("stated", "expected facts stated")):
        one = agreement[name]["agreed"]
        lines.append(
            f"  {words}: the same in {100 * one['value']:.0f} % ({100 * one['low']:.0f} to {100 * one['high']:.0f} %), "
            f"Cohen's kappa {agreement[name]['kappa']:.2f}"
        )
    if not result["trusted"]:
        lines.append(f"That is less than kappa {LEAST_KAPPA}: its numbers would say little and are not given.")
        return "\n".join(lines)
    lines.append(f"{result['answers']} answers, {result['unreadable']} of them without a judgement that can be read:")
    for name, one in result["measures"].items():
        value = "nothing to judge" if one["value"] is None else f"{100 * one['value']:.1f} %"
        interval = "" if one["low"] is None else f" ({100 * one['low']:.1f} to {100 * one['high']:.1f} %)"
        lines.append(f"  {name}: {value}{interval}, over {one['count']} answers")
    return "\n".join(lines)


def _identity(model: str, labelled: Sequence[LabelledAnswer]) -> str:
    prompts = [prompt_digest(PROMPT, language) for language in ("sv", "en")]
    known = [one.model_dump(mode="json") for one in labelled]
    return sha256(json.dumps([model, prompts, known], ensure_ascii=True).encode()).hexdigest()[:12]


def _earlier(path: Path, identity: str) -> dict[str, Any]:
    """What the same judge found before, or nothing."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return plain if isinstance(plain, dict) and plain.get("identity") == identity else {}


def _judged(path: Path) -> dict[str, dict[str, Any]]:
    """The judgements so far; a last line without its end does not count, and is taken away."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    _write(path, b"".join(line + b"\n" for line in lines).decode("utf-8"))
    return {line["id"]: line for line in map(json.loads, lines)}


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    except OSError as problem:
        raise OutputError(f"{path}: cannot be written ({problem.strerror}); copy the run elsewhere") from problem
