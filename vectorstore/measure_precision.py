"""Choose what a model calculates in on this processor, by trying."""

import time

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

_SAMPLE = [
    "Nämnderna ska varje år redovisa hur det internationella arbetet har bidragit till kommunens mål. " * 3,
    "The region's office in Brussels follows legislation and reports to the executive board four times a year. " * 3,
    "Medfinansieringen uppgick till 12,4 miljoner kronor (8 %), jfr § 14.",
]
_LEAST_COSINE = 0.995
# Names that torch has for instructions on bfloat16, on x86 and on ARM. Others widen it first, which never pays.
_INSTRUCTIONS = ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16")


def choose_precision(model: SentenceTransformer) -> None:
    """Leave a float32 model in bfloat16 where that is quicker on this processor and gives the same vectors.

    Seconds of this thread are compared, not of the clock, so that what else the machine does hardly matters. To be
    called in a thread in which torch calculates alone, for the work of others does not count.

    Args:
        model: On the processor, in float32.
    """
    if not _has_instructions():
        return
    expected, seconds = _try_out(model)
    # The parameters only: transformers keeps the buffers of positions in float32 as well.
    exact = [(parameter, parameter.data) for parameter in model.parameters() if parameter.dtype == torch.float32]
    for parameter, values in exact:
        parameter.data = values.to(torch.bfloat16)
    try:
        vectors, halved_seconds = _try_out(model)
    except RuntimeError:
        # An architecture whose operations take no bfloat16, or not beside float32.
        vectors, halved_seconds = expected, float("inf")
    if not (halved_seconds < seconds and least_cosine(vectors, expected) >= _LEAST_COSINE):
        for parameter, values in exact:
            parameter.data = values


def least_cosine(left: NDArray[np.float32], right: NDArray[np.float32]) -> float:
    """The least cosine of two rows, or NaN."""
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    return float((np.einsum("ij,ij->i", left, right) / lengths).min())


def _has_instructions() -> bool:
    # Releases of torch before this function are given what every processor does well.
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(name) for name in _INSTRUCTIONS)


def _try_out(model: SentenceTransformer) -> tuple[NDArray[np.float32], float]:
    vectors = model.encode(_SAMPLE, show_progress_bar=False)  # the first time prepares the kernels
    begun = time.thread_time()
    model.encode(_SAMPLE, show_progress_bar=False)
    return np.asarray(vectors, np.float32), time.thread_time() - begun
