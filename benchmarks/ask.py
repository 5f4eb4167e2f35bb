"""How long one answer takes: as a whole process from the shell, and inside a running assistant.

    python benchmarks/ask.py [QUESTIONS.jsonl]

The samples are ingested into a temporary folder first. Figures depend on the machine; the ratio to the time of
importing sentence-transformers, measured in the same run, does not.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assistant import Assistant

ROOT = Path(__file__).parent.parent
COMMAND = [sys.executable, "-c", "from assistant.cli import main; main()"]


def timed(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    questions = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "evals" / "datasets" / "samples.jsonl"
    asked = [json.loads(line)["question"] for line in questions.read_text("utf-8").splitlines()][:40]
    with tempfile.TemporaryDirectory() as folder:
        ingest = timed([*COMMAND, "ingest", str(ROOT / "samples"), "--data", folder])
        again = timed([*COMMAND, "ingest", str(ROOT / "samples"), "--data", folder])
        process = [timed([*COMMAND, "ask", question, "--data", folder]) for question in asked[:5]]
        library = statistics.median(timed([sys.executable, "-c", "import sentence_transformers"]) for _ in range(3))
        help_time = statistics.median(timed([*COMMAND, "--help"]) for _ in range(5))
        assistant = Assistant.open(Path(folder))
        assistant.ask(asked[0])
        inside = [assistant.ask(question).seconds for question in asked]
        assistant.close()
    print(f"ingest of the samples           {ingest:6.2f} s, again {again:.2f} s")
    print(f"utblick --help                  {help_time:6.2f} s")
    print(f"utblick ask, whole process      {statistics.median(process):6.2f} s median of {len(process)}")
    print(f"  against importing the library {statistics.median(process) / library:6.2f} times ({library:.2f} s)")
    inside.sort()
    print(f"ask, inside                     {statistics.median(inside) * 1000:6.0f} ms median of {len(inside)}")
    print(f"                                {inside[int(len(inside) * 0.95)] * 1000:6.0f} ms p95")


if __name__ == "__main__":
    main()
