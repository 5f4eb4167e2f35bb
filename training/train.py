"""Train the reader's network.

    python -m training.train --work build/reader --steps 6000

Runs on two CPU cores within hours and on a GPU within minutes; stopped, it goes on where it was. Needs no more than
torch, NumPy and what `training.prepare` wrote.
"""

import argparse
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from training.examples import Batch, Examples
from training.network import Logits, ReaderNetwork, load_start


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train.

    Attributes:
        steps: How many batches.
        groups: Questions in a batch.
        size: Inputs for each question: its own window, and others.
        rate: Highest learning rate.
        decay: Factor to the learning rate from one layer to the one below.
        layers: Layers kept of the embedding model's.
        frozen: Layers, from the first, that stay as they are, and what is below them; half of them saves a third.
        dropout: Share of states dropped.
        elsewhere: Weight of windows of other questions in the answerability loss.
        kinds: Kinds of question learnt from, and how often each is drawn, `kind=share`, by commas.
        without: Sources that are left out, by commas.
        shared: Whether words that question and passage share are marked.
        weights: Weights of the losses: span, answerability, relevance.
        smooth: Share of each step that the averaged weights keep of the old ones.
        distil: Share of the loss that the teachers decide, where there are any.
        seed: Decides what is drawn.
    """

    steps: int = 1700
    groups: int = 32
    size: int = 4
    rate: float = 3e-4
    decay: float = 0.95
    layers: int = 12
    frozen: int = 0
    dropout: float = 0.1
    elsewhere: float = 0.15
    kinds: str = "asked=1,keywords=0.15,misspelt=0.15,twin=0.3,heading=0.4"
    without: str = ""
    shared: int = 1
    weights: str = "1,1.5,1"
    smooth: float = 0.995
    distil: float = 0.7
    seed: int = 0


def train(
    work: Path,
    name: str,
    recipe: Recipe,
    *,
    minutes: float | None = None,
    teachers: Sequence[ReaderNetwork] = (),
    begin: Mapping[str, Tensor] | None = None,
    device: str | None = None,
) -> tuple[ReaderNetwork, dict[str, float]]:
    """Train, write `NAME.pt` and `NAME.json`, and give back the averaged network and how it did on held-out articles.

    Args:
        work: Folder with `examples.npz` and `start.npz`.
        name: What the results are called.
        recipe: How to train.
        minutes: Stop after so long, to go on another time; None for no limit.
        teachers: Networks whose opinions are learnt besides the labels.
        begin: Weights to begin with; None for the embedding model's.
        device: `cuda` or `cpu`; None for what there is.
    """
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(0)  # the same heads whatever the seed, so that networks can be averaged
    examples = Examples(work / "examples.npz")
    network = load_start(work / "start.npz", recipe.layers, recipe.dropout).to(device)
    average = load_start(work / "start.npz", recipe.layers, 0.0).to(device).eval()
    if begin is not None:
        network.load_state_dict(begin, strict=False)
    average.load_state_dict(network.state_dict())
    torch.manual_seed(recipe.seed + 1)
    optimizer = torch.optim.AdamW(_groups(network, recipe), weight_decay=0.01, betas=(0.9, 0.98))
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _schedule(step, recipe.steps))
    checkpoint = work / f"{name}.checkpoint.pt"
    step = 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device, weights_only=True)
        network.load_state_dict(saved["network"])
        average.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        scheduler.load_state_dict(saved["scheduler"])
        step = saved["step"]
    began = time.monotonic()
    losses: list[list[float]] = []
    network.train()
    for drawn in _ahead(examples, recipe, step, device):
        if step >= recipe.steps or (minutes and time.monotonic() - began > 60 * minutes):
            break
        batch = _moved(drawn, device, recipe)
        with _mixed_precision(device):
            logits = network(batch.ids, batch.kinds, batch.mask)
            with torch.no_grad():
                told = [teacher(batch.ids, batch.kinds, batch.mask) for teacher in teachers]
        parts = _losses(logits, batch, recipe)
        loss = sum(parts)
        if told:
            loss = (1 - recipe.distil) * loss + recipe.distil * _distilled(logits, told, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[union-attr]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        step += 1
        keep = min(recipe.smooth, step / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 1 - keep)
        losses.append([float(part.detach()) for part in parts]) if step % 10 == 0 else None
        if step % (200 if device == "cuda" else 40) == 0:
            mean = np.mean(losses[-20:], axis=0).round(3).tolist()
            print(f"{name} step {step} losses {mean} {time.monotonic() - began:.0f} s", flush=True)
        if step % 100 == 0 and device == "cpu":
            _save(checkpoint, network, average, optimizer, scheduler, step)
    if step < recipe.steps:
        _save(checkpoint, network, average, optimizer, scheduler, step)
    torch.save({key: value.to(torch.float16) for key, value in average.state_dict().items()}, work / f"{name}.pt")
    measures = validate(average, examples, device, recipe)
    print(name, json.dumps({key: round(value, 4) for key, value in measures.items()}), flush=True)
    report = {"recipe": asdict(recipe), "steps": step, "seconds": time.monotonic() - began, "held_out": measures}
    (work / f"{name}.json").write_text(json.dumps(report, indent=2) + "\n")
    return average, measures


def _mixed_precision(device: str) -> torch.autocast:
    """bfloat16 where the hardware multiplies it; a processor without such instructions takes three times as long."""
    instructions = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.autocast(device, torch.bfloat16, enabled=device == "cuda" or instructions)


def _groups(network: ReaderNetwork, recipe: Recipe) -> list[dict[str, Any]]:
    """Parameters with their learning rates: the lower a layer, the lower its rate; heads learn fastest."""
    groups = []
    below = [*network.positions.parameters(), *network.kinds.parameters(), *network.norm.parameters()]
    if recipe.frozen:
        for parameter in [*below, *network.layers[: recipe.frozen].parameters()]:
            parameter.requires_grad_(requires_grad=False)
    for index, layer in enumerate(network.layers):
        rate = recipe.rate * recipe.decay ** (recipe.layers - 1 - index)
        groups.append({"params": list(layer.parameters()), "lr": rate})
    groups.append({"params": below, "lr": recipe.rate * recipe.decay**recipe.layers})
    heads = [*network.relevance.parameters(), *network.answerability.parameters(), *network.span.parameters()]
    groups.append({"params": heads, "lr": 3 * recipe.rate})
    return groups


def _schedule(step: int, steps: int) -> float:
    """Linear warm-up over a twentieth, then a cosine to a hundredth."""
    warm = max(1, steps // 20)
    if step < warm:
        return (step + 1) / warm
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, steps - warm))))


def _draw(examples: Examples, recipe: Recipe, skip: int, worker: int) -> Iterator[Batch]:
    """Batches without end; each kind of question as often as the recipe says."""
    shares = {kind: float(share) for kind, share in (pair.split("=") for pair in recipe.kinds.split(","))}
    chance = np.random.default_rng((recipe.seed, skip, worker))
    learnt = np.flatnonzero(~examples.held & ~np.isin(examples.sources, recipe.without.split(",")))
    share = np.array([shares.get(str(examples.kinds[row]), 0.0) for row in learnt])
    while True:
        rows = learnt[chance.random(len(learnt)) < share]
        yield from examples.batches(rows.tolist(), recipe.size, recipe.groups, chance)


class _Drawn(IterableDataset[Batch]):
    """Batches without end, made by several processes while others are learnt from."""

    def __init__(self, examples: Examples, recipe: Recipe, skip: int) -> None:
        self._examples, self._recipe, self._skip = examples, recipe, skip

    def __iter__(self) -> Iterator[Batch]:
        worker = get_worker_info()
        return _draw(self._examples, self._recipe, self._skip, worker.id if worker else 0)


def _ahead(examples: Examples, recipe: Recipe, skip: int, device: str) -> Iterator[Batch]:
    workers = 4 if device == "cuda" else 1
    return iter(DataLoader(_Drawn(examples, recipe, skip), batch_size=None, num_workers=workers, prefetch_factor=8))


def _moved(batch: Batch, device: str, recipe: Recipe) -> Batch:
    kinds = batch.kinds if recipe.shared else batch.kinds.clamp(max=2)
    tensors = (batch.ids, kinds, batch.mask, batch.start, batch.end, batch.answers, batch.ranks)
    return Batch(*(tensor.to(device, non_blocking=True) for tensor in tensors), size=batch.size)


def _losses(logits: Logits, batch: Batch, recipe: Recipe) -> list[Tensor]:
    """Span, answerability and relevance, weighted."""
    span_weight, answer_weight, rank_weight = (float(part) for part in recipe.weights.split(","))
    marked = batch.start >= 0
    start = functional.cross_entropy(logits.start, batch.start.clamp(min=0), reduction="none")
    end = functional.cross_entropy(logits.end, batch.end.clamp(min=0), reduction="none")
    span = ((start + end) / 2 * marked).sum() / marked.sum().clamp(min=1)
    own = torch.arange(len(batch.answers), device=batch.answers.device) % batch.size == 0
    weight = torch.where(own, 1.0, recipe.elsewhere) * (batch.answers >= 0)
    answer = functional.binary_cross_entropy_with_logits(
        logits.answerability, batch.answers.clamp(min=0).float(), reduction="none"
    )
    answer = (answer * weight).sum() / weight.sum().clamp(min=1)
    ranking = -logits.relevance.view(-1, batch.size).log_softmax(-1)[:, 0]
    rank = (ranking * batch.ranks).sum() / batch.ranks.sum().clamp(min=1)
    return [span_weight * span, answer_weight * answer, rank_weight * rank]


def _distilled(logits: Logits, told: Sequence[Logits], batch: Batch) -> Tensor:
    """How far the network is from the mean opinion of its teachers."""
    own = torch.arange(len(batch.answers), device=batch.answers.device) % batch.size == 0
    total = torch.zeros((), device=batch.ids.device)
    for name in ("start", "end"):
        wanted = torch.stack([getattr(entry, name).softmax(-1) for entry in told]).mean(0)
        given = getattr(logits, name).log_softmax(-1)
        far = -(wanted * given).sum(-1)
        weight = torch.where(own, 1.0, 0.3)
        total = total + (far * weight).sum() / weight.sum() / 2
    wanted = torch.stack([entry.answerability.sigmoid() for entry in told]).mean(0)
    total = total + functional.binary_cross_entropy_with_logits(logits.answerability, wanted)
    wanted = torch.stack([entry.relevance.view(-1, batch.size).softmax(-1) for entry in told]).mean(0)
    return total - (wanted * logits.relevance.view(-1, batch.size).log_softmax(-1)).sum(-1).mean()


@torch.no_grad()
def validate(network: ReaderNetwork, examples: Examples, device: str, recipe: Recipe) -> dict[str, float]:
    """How a network does on held-out articles.

    Returns:
        `span_f1` over tokens, `exact`, `balanced` (accuracy of answerability among questions asked, at the best
        threshold), `rr` (reciprocal rank of the own window among eight).
    """
    network.eval()
    rows = np.flatnonzero(examples.held & (examples.kinds == "asked")).tolist()
    chance = np.random.default_rng(0)
    overlaps, ranks, scores, labels = [], [], [], []
    for drawn in examples.batches(rows, 8, 24, chance, shuffle=False):
        batch = _moved(drawn, device, recipe)
        with _mixed_precision(device):
            logits = network(batch.ids, batch.kinds, batch.mask)
        relevance = logits.relevance.view(-1, 8)
        place = 1 + (relevance[:, 1:] >= relevance[:, :1]).sum(1)
        own = slice(0, None, 8)
        starts, ends = best_spans(logits.start[own], logits.end[own])
        for index in range(len(place)):
            answers = int(batch.answers[own][index])
            scores.append(float(logits.answerability[own][index]))
            labels.append(answers)
            if answers:
                ranks.append(1 / float(place[index]))
                gold = (int(batch.start[own][index]), int(batch.end[own][index]))
                overlaps.append(_overlap(gold, (int(starts[index]), int(ends[index]))))
    told = np.array(overlaps)
    return {
        "span_f1": float(told.mean()),
        "exact": float((told > 0.999).mean()),
        "balanced": _balanced(np.array(scores), np.array(labels)),
        "rr": float(np.mean(ranks)),
    }


def best_spans(start: Tensor, end: Tensor, longest: int = 40) -> tuple[Tensor, Tensor]:
    """First and last token of the likeliest span of each input."""
    tokens = start.shape[1]
    scores = start[:, :, None] + end[:, None, :]
    allowed = torch.ones(tokens, tokens, device=start.device, dtype=torch.bool).triu().tril(longest - 1)
    best = scores.masked_fill(~allowed, float("-inf")).flatten(1).argmax(1)
    return best // tokens, best % tokens


def _overlap(gold: tuple[int, int], found: tuple[int, int]) -> float:
    shared = min(gold[1], found[1]) - max(gold[0], found[0]) + 1
    if shared <= 0:
        return 0.0
    return 2 * shared / ((gold[1] - gold[0] + 1) + (found[1] - found[0] + 1))


def _balanced(scores: Any, labels: Any) -> float:  # noqa: ANN401 - arrays
    """Balanced accuracy at the threshold where it is best."""
    order = np.sort(scores)
    return max(
        ((scores[labels == 1] >= cut).mean() + (scores[labels == 0] < cut).mean()) / 2
        for cut in order[:: max(1, len(order) // 200)]
    )


def _save(path: Path, network: Any, average: Any, optimizer: Any, scheduler: Any, step: int) -> None:  # noqa: ANN401
    """Replace the checkpoint at once, so that a kill leaves a whole one."""
    beside = path.with_suffix(".new")
    torch.save(
        {
            "network": network.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "step": step,
        },
        beside,
    )
    beside.replace(path)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Train the reader's network.")
    parser.add_argument("--work", type=Path, default=Path("build/reader"), help="folder that training.prepare wrote")
    parser.add_argument("--name", default="reader")
    parser.add_argument("--minutes", type=float, help="stop after so long; run again to go on")
    for field in fields(Recipe):
        kind: Any = {"int": int, "float": float}.get(str(getattr(field.type, "__name__", field.type)), str)
        parser.add_argument(f"--{field.name}", type=kind, default=field.default)
    arguments = vars(parser.parse_args())
    work, name, minutes = (arguments.pop(key) for key in ("work", "name", "minutes"))
    train(work, name, Recipe(**arguments), minutes=minutes)


if __name__ == "__main__":
    main()
