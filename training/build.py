"""Train the reader from beginning to end: `make reader`.

    python -m training.build --data DIR

On a GPU as the reader that ships was trained, in some fifteen minutes: four networks from the same start with other
draws and shares of altered questions; the average of those that are better together; three more from there; the average
of all; and one that learns from their opinions besides the labels (weight averaging: Wortsman et al., 2022; born-again
networks: Furlanello et al., 2018). On a processor one network, in hours. At last it learns from questions over strategy
documents (`training/strategies`); `--adapt` does only that, from the file that ships, in an hour on two cores.
Stopped, it goes on where it was.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from platformdirs import user_cache_path
from torch import Tensor

from training.examples import Examples
from training.export import export
from training.network import ReaderNetwork, load_start
from training.prepare import prepare
from training.restore import restore
from training.train import Recipe, train, validate

State = Mapping[str, Tensor]

FIRST = (
    Recipe(seed=1),
    Recipe(seed=2, kinds="asked=1,keywords=0.1,misspelt=0.1,twin=0.15,heading=0.4"),
    Recipe(seed=3, rate=2e-4, size=5, groups=26),
    Recipe(seed=4, kinds="asked=1,keywords=0.3,misspelt=0.3,twin=0.4,heading=1"),
)
_CUT = "asked=1,keywords=0.15,misspelt=0.15,twin=0.3,heading=0.4,cut=0.15"
SECOND = (
    Recipe(seed=11, steps=620, rate=1.5e-4, weights="1,2,1", kinds=_CUT),
    Recipe(seed=12, steps=620, rate=1.5e-4, weights="1,2,1", kinds=_CUT.replace("twin=0.3", "twin=0.2")),
    Recipe(seed=13, steps=620, rate=1.5e-4, weights="1,2,1", size=5, groups=26, kinds=_CUT),
)
LAST = Recipe(seed=19, steps=800, rate=1.5e-4, kinds=_CUT, distil=0.7)
ADAPT = Recipe(
    seed=41,
    steps=270,
    groups=10,
    size=3,
    frozen=4,
    rate=8e-5,
    smooth=0.99,
    kinds="strategy=0.6,translated=0.6,strategy-keywords=0.08,strategy-misspelt=0.08,strategy-twin=0.2,"
    "translated-twin=0.08,strategy-cut=0.3,"
    "asked=0.04,keywords=0.008,misspelt=0.008,twin=0.008,heading=0.01,cut=0.008",
)

_ADAPTED = 0.75
"""How far the reader goes from what it was before the strategy documents to what it is after them."""

_TOLERANCE = 0.003
"""How much worse on held-out articles an average may be that has one network more."""


def build(work: Path, device: str) -> ReaderNetwork:
    """Train on what `training.prepare` wrote; writes `general.pt`.

    Args:
        work: Folder with `examples.npz` and `start.npz`.
        device: `cuda` or `cpu`.
    """
    if device == "cpu":
        network, _ = train(work, "general", replace(FIRST[0], kinds=_CUT), device=device)
        return network
    examples = Examples(work / "examples.npz")
    states = _train_all(work, "first", FIRST, None, device)
    begin = _average_of_best(states, examples, work, device)
    more = _train_all(work, "second", SECOND, begin, device)
    mean = average([begin, *more])
    teachers = [_network(work, state, device) for state in (*more, mean)]
    network, _ = train(work, "general", LAST, teachers=teachers, begin=mean, device=device)
    return network


def adapt(work: Path, begin: State, device: str) -> ReaderNetwork:
    """Go on with strategy documents, and write what lies between before and after as `reader.pt`.

    It keeps what was known of other texts and most of what was learnt (Wortsman et al., 2022, *Robust fine-tuning of
    zero-shot models*).
    """
    network, _ = train(work, "adapted", ADAPT, begin=begin, device=device)
    after = network.state_dict()
    mean = {key: torch.lerp(value.float().to(device), after[key].float(), _ADAPTED) for key, value in begin.items()}
    torch.save({key: value.to(torch.float16) for key, value in mean.items()}, work / "reader.pt")
    return _network(work, mean, device)


def average(states: Sequence[State]) -> dict[str, Tensor]:
    """The mean of networks that began alike."""
    return {key: torch.stack([state[key].float() for state in states]).mean(0) for key in states[0]}


def _train_all(work: Path, name: str, recipes: Sequence[Recipe], begin: State | None, device: str) -> list[State]:
    states: list[State] = []
    for number, recipe in enumerate(recipes, start=1):
        path = work / f"{name}-{number}.pt"
        if not path.exists():
            train(work, f"{name}-{number}", recipe, begin=begin, device=device)
        states.append(torch.load(path, map_location=device, weights_only=True))
    return states


def _average_of_best(states: Sequence[State], examples: Examples, work: Path, device: str) -> State:
    """The greedy soup: networks are added, best first, while the average gets no worse on held-out articles."""

    def score(state: State) -> float:
        measures = validate(_network(work, state, device), examples, device, Recipe())
        return measures["span_f1"] + measures["balanced"] + measures["rr"]

    ranked = sorted(states, key=score, reverse=True)
    chosen, best = [ranked[0]], score(ranked[0])
    for state in ranked[1:]:
        together = score(average([*chosen, state]))
        if together >= best - _TOLERANCE:
            chosen.append(state)
            best = max(best, together)
    return average(chosen)


def _network(work: Path, state: State, device: str) -> ReaderNetwork:
    network = load_start(work / "start.npz", dropout=0.0).to(device).eval()
    network.load_state_dict({key: value.float() for key, value in state.items()}, strict=False)
    return network


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the reader from beginning to end.")
    parser.add_argument("--data", type=Path, required=True, help="folder of passages.jsonl and questions.jsonl")
    parser.add_argument("--work", type=Path, default=Path("build/reader"), help="where arrays and networks are kept")
    parser.add_argument("--out", type=Path, default=Path("vectorstore/reader.onnx"))
    parser.add_argument(
        "--beside", type=Path, nargs="*", default=(), help="folders of documents that `training/strategies` asks about"
    )
    parser.add_argument("--adapt", action="store_true", help="only go on from the file that ships")
    arguments = parser.parse_args()
    if not (arguments.work / "examples.npz").exists():
        cache = user_cache_path("utblick", appauthor=False)
        print(json.dumps(prepare(arguments.data, arguments.work, cache, beside=arguments.beside)))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    begin = restore(arguments.out) if arguments.adapt else build(arguments.work, device).state_dict()
    adapt(arguments.work, begin, device)
    size = export(arguments.work, "reader", arguments.out)
    print(f"{arguments.out}: {size / 1e6:.1f} MB; measure it with `python -m training.measure`")


if __name__ == "__main__":
    main()
