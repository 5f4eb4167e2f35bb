"""The reader's network: multilingual-e5-small with three heads."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, INNER, POSITIONS, KINDS = 384, 12, 1536, 512, 4
EPSILON = 1e-12


@dataclass(frozen=True, slots=True)
class Logits:
    """What the network makes of a batch.

    Attributes:
        relevance: Shape (batch,).
        answerability: Shape (batch,).
        start: Of each token, shape (batch, tokens); minus infinity outside the passage.
        end: Likewise.
    """

    relevance: Tensor
    answerability: Tensor
    start: Tensor
    end: Tensor


class Layer(nn.Module):
    """A BERT layer (Devlin et al., 2019): post-norm, exact GELU."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.joined = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.inner = nn.Linear(WIDTH, INNER)
        self.outer = nn.Linear(INNER, WIDTH)
        self.last_norm = nn.LayerNorm(WIDTH, EPSILON)
        self.dropout = dropout

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        """States of shape (batch, tokens, width); `bias` is added to the attention logits."""
        batch, tokens, _ = states.shape
        query, key, value = (
            part.view(batch, tokens, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in self.joined(states).split(WIDTH, dim=-1)
        )
        rate = self.dropout if self.training else 0.0
        # On a processor, dropout in attention would take three times as long.
        told = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias, dropout_p=rate if states.is_cuda else 0.0
        )
        told = self.out(told.transpose(1, 2).reshape(batch, tokens, WIDTH))
        states = self.norm(states + functional.dropout(told, rate))
        told = self.outer(functional.gelu(self.inner(states)))
        return self.last_norm(states + functional.dropout(told, rate))


class ReaderNetwork(nn.Module):
    """Reads (question, context, passage) and gives relevance, answerability and the answer's span.

    Word embeddings are frozen and not part of the state that is saved.

    Args:
        words: Word embeddings, shape (vocabulary, width).
        layers: How many of the model's layers are kept, from the first.
        dropout: In attention and after each half of a layer.
    """

    def __init__(self, words: Tensor, layers: int = 12, dropout: float = 0.1) -> None:
        super().__init__()
        self.register_buffer("words", words, persistent=False)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.kinds = nn.Embedding(KINDS, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, EPSILON)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(layers))
        self.relevance = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 1))
        self.answerability = nn.Sequential(nn.Linear(2 * WIDTH, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 1))
        self.span = nn.Linear(WIDTH, 2)
        self.dropout = dropout

    def encode(self, ids: Tensor, kinds: Tensor, mask: Tensor) -> Tensor:
        """States of the last layer, shape (batch, tokens, width)."""
        places = torch.arange(ids.shape[1], device=ids.device)
        words: Any = self.words
        states = self.norm(words[ids].float() + self.positions(places) + self.kinds(kinds))
        states = functional.dropout(states, self.dropout if self.training else 0.0)
        bias = torch.zeros(mask.shape, device=mask.device, dtype=torch.bfloat16 if _autocast(mask) else torch.float32)
        bias = bias.masked_fill(~mask, float("-inf"))[:, None, None, :]
        for layer in self.layers:
            states = layer(states, bias)
        return states

    def forward(self, ids: Tensor, kinds: Tensor, mask: Tensor) -> Logits:
        """Logits for inputs of shape (batch, tokens); `kinds` as in `vectorstore.reader_layout`."""
        states = self.encode(ids, kinds, mask)
        inside = mask & (kinds >= 2)
        # The mark after the passage is of its kind but no part of it.
        lengths = mask.sum(1)
        inside[torch.arange(len(ids), device=ids.device), lengths - 1] = False
        spans = self.span(states).float().masked_fill(~inside[..., None], -1e4)
        first = states[:, 0]
        # What the likeliest place of an answer looks like tells whether it is one.
        focus = (spans.sum(-1).softmax(-1)[..., None] * states.float()).sum(1)
        told = torch.cat([first.float(), focus], dim=-1)
        return Logits(
            self.relevance(first).float()[:, 0],
            self.answerability(told).float()[:, 0],
            spans[..., 0],
            spans[..., 1],
        )


def _autocast(tensor: Tensor) -> bool:
    return torch.is_autocast_enabled(tensor.device.type)


def load_start(path: Path, layers: int = 12, dropout: float = 0.1) -> ReaderNetwork:
    """The network with the weights of the embedding model, heads drawn at random."""
    with np.load(path) as file:
        tensors = {name: _tensor(file[name]) for name in file.files}
    words = tensors.pop("embeddings.word_embeddings.weight")
    network = ReaderNetwork(words.to(torch.bfloat16), layers, dropout)
    network.load_state_dict(_renamed(tensors, layers), strict=False)
    return network


def _tensor(bits: NDArray[np.uint16]) -> Tensor:
    return torch.from_numpy((bits.astype(np.uint32) << 16).view(np.float32).copy())


def _renamed(tensors: Mapping[str, Tensor], layers: int) -> dict[str, Tensor]:
    """Weights under this network's names."""
    kinds = tensors["embeddings.token_type_embeddings.weight"][:1].repeat(KINDS, 1)
    state = {"positions.weight": tensors["embeddings.position_embeddings.weight"], "kinds.weight": kinds}
    for part in ("weight", "bias"):
        state[f"norm.{part}"] = tensors[f"embeddings.LayerNorm.{part}"]
        for layer in range(layers):
            there, here = f"encoder.layer.{layer}", f"layers.{layer}"
            state[f"{here}.joined.{part}"] = torch.cat(
                [tensors[f"{there}.attention.self.{name}.{part}"] for name in ("query", "key", "value")]
            )
            for name, source in (
                ("out", "attention.output.dense"),
                ("norm", "attention.output.LayerNorm"),
                ("inner", "intermediate.dense"),
                ("outer", "output.dense"),
                ("last_norm", "output.LayerNorm"),
            ):
                state[f"{here}.{name}.{part}"] = tensors[f"{there}.{source}.{part}"]
    return state
