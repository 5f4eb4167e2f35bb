import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer
from torch import nn

from vectorstore.batch_encoder import BatchEncoder, allotted_cores, batches
from vectorstore.bundled import ensure_bundled_model
from vectorstore.measure_precision import _SAMPLE, choose_precision, least_cosine

PASSAGES = [f"Nämnd {number} " + "antog programmet i juni. " * (number % 7) for number in range(40)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ensure_bundled_model(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> BatchEncoder:
    return BatchEncoder(folder, "float32")


@pytest.fixture(scope="module")
def bundled(folder: Path) -> SentenceTransformer:
    return SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})


@pytest.fixture
def exact(bundled: SentenceTransformer) -> Iterator[SentenceTransformer]:
    """The bundled model in float32, again so for the next test."""
    weights = [(parameter, parameter.data) for parameter in bundled.parameters()]
    yield bundled
    for parameter, values in weights:
        parameter.data = values


@pytest.fixture
def with_instructions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_bf16": True})


def seconds(monkeypatch: pytest.MonkeyPatch, *, float32: float, bfloat16: float) -> None:
    """Let a round of trial take so long."""
    readings = iter([0.0, float32, 100.0, 100.0 + bfloat16])
    monkeypatch.setattr("time.thread_time", lambda: next(readings))


@pytest.mark.usefixtures("with_instructions")
@pytest.mark.parametrize(
    ("float32", "bfloat16", "expected"), [(0.2, 0.1, torch.bfloat16), (0.1, 0.2, torch.float32), (0, 0, torch.float32)]
)
def test_quicker_precision_is_chosen(
    float32: float, bfloat16: float, expected: torch.dtype, exact: SentenceTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = exact.encode(_SAMPLE)
    seconds(monkeypatch, float32=float32, bfloat16=bfloat16)
    choose_precision(exact)
    assert exact.dtype == expected
    after = exact.encode(_SAMPLE)
    if expected == torch.float32:
        np.testing.assert_array_equal(after, before)
    else:
        assert 0.995 < least_cosine(after, before) < 1 - 1e-7


@pytest.mark.usefixtures("with_instructions")
def test_bfloat16_that_gives_other_vectors_is_not_chosen(
    exact: SentenceTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedding = next(module for module in exact.modules() if isinstance(module, nn.LayerNorm))
    honest = embedding.forward

    def amiss(states: torch.Tensor) -> torch.Tensor:
        normalised = honest(states)
        return normalised if states.dtype == torch.float32 else normalised.flip(-1)

    monkeypatch.setattr(embedding, "forward", amiss)
    seconds(monkeypatch, float32=0.2, bfloat16=0.1)
    choose_precision(exact)
    assert exact.dtype == torch.float32


@pytest.mark.usefixtures("with_instructions")
def test_model_that_takes_no_bfloat16_stays_in_float32(
    exact: SentenceTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedding = next(module for module in exact.modules() if isinstance(module, nn.LayerNorm))
    monkeypatch.setattr(embedding, "forward", lambda states: states @ torch.eye(states.shape[-1]))
    choose_precision(exact)
    assert exact.dtype == torch.float32
    assert exact.encode("text").dtype == np.float32


def test_nothing_is_tried_without_the_instructions(exact: SentenceTransformer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: {"avx512_f": True, "avx512_bf16": False})
    monkeypatch.setattr(exact, "encode", None)
    choose_precision(exact)
    assert exact.dtype == torch.float32


def test_least_cosine_is_of_the_worst_row() -> None:
    assert least_cosine(np.eye(2) * 3, np.eye(2)) == 1
    assert least_cosine(np.eye(2), np.array([[1, 0], [1, 0]])) == 0
    assert np.isnan(least_cosine(np.eye(2), np.array([[1, 0], [np.nan, 0]])))


def test_vectors_are_those_of_the_library(encoder: BatchEncoder, bundled: SentenceTransformer) -> None:
    expected = bundled.encode(["passage: " + text for text in PASSAGES])
    np.testing.assert_allclose(encoder.embed(PASSAGES, "passage: "), expected, atol=2e-5)


@pytest.mark.parametrize("count", [1, 2, 3, 40])
def test_few_and_many_texts_have_the_same_vectors(count: int, encoder: BatchEncoder) -> None:
    together = encoder.embed(PASSAGES, "")
    np.testing.assert_allclose(encoder.embed(PASSAGES[:count], ""), together[:count], atol=2e-5)


def test_many_threads_embed_and_count(encoder: BatchEncoder) -> None:
    expected, counts = encoder.embed(PASSAGES, ""), encoder.token_counts(PASSAGES)
    with ThreadPoolExecutor(6) as pool:
        embedded = [pool.submit(encoder.embed, PASSAGES, "") for _ in range(3)]
        alone = [pool.submit(encoder.embed, [PASSAGES[5]], "") for _ in range(6)]
        counted = [pool.submit(encoder.token_counts, PASSAGES) for _ in range(6)]
    for one in embedded:
        np.testing.assert_allclose(one.result(), expected, atol=2e-5)
    for one in alone:
        np.testing.assert_allclose(one.result()[0], expected[5], atol=2e-5)
    assert all(one.result() == counts for one in counted)


def test_a_worker_calculates_alone_and_others_as_before(encoder: BatchEncoder) -> None:
    def new_thread() -> int:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(torch.get_num_threads).result()

    # So that all of them are asked.
    together = threading.Barrier(encoder._workers)
    asked = [encoder._pool.submit(lambda: (together.wait(), torch.get_num_threads())) for _ in range(encoder._workers)]
    assert {number for _, number in (one.result() for one in asked)} == {1}
    assert new_thread() == torch.get_num_threads()


def test_an_error_ends_the_work(encoder: BatchEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, reported = [], threading.Event()

    def breaks_at_once(texts: list[str], **_: object) -> np.ndarray:
        begun.append(texts)
        if len(begun) == 1:
            raise MemoryError("no room")
        assert reported.wait(60)
        return np.zeros((len(texts), 384), np.float32)

    monkeypatch.setattr(encoder._model, "encode", breaks_at_once)
    with pytest.raises(MemoryError, match="no room"):
        encoder.embed(["x" * 8000] * 50, "")
    reported.set()
    monkeypatch.undo()
    assert encoder.embed(PASSAGES[:2], "").shape == (2, 384)
    assert len(begun) <= encoder._workers + 1


def test_progress_counts_texts(encoder: BatchEncoder) -> None:
    shown = io.StringIO()
    with redirect_stderr(shown):
        encoder.embed(PASSAGES[:5], "", progress=True)
        said = shown.getvalue()
        encoder.embed(PASSAGES[:5], "")
    assert "5/5" in said
    assert shown.getvalue() == said


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("1000 100000\n", 1),
        ("9900000 100000\n", 3),
        ("max 100000\n", 3),
    ],
)
def test_cores_are_those_of_the_container(
    limit: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 2, 5}, raising=False)
    (tmp_path / "cpu.max").write_text(limit)
    assert allotted_cores(tmp_path / "cpu.max") == expected
    assert allotted_cores(tmp_path / "absent") == 3


@given(st.lists(st.integers(0, 9000), max_size=200), st.integers(1, 8000))
def test_batches_hold_each_text_once_and_are_bounded(lengths: list[int], characters: int) -> None:
    made = list(batches(["x" * length for length in lengths], characters))
    assert sorted(index for batch in made for index in batch) == list(range(len(lengths)))
    for batch in made:
        assert len(batch) == 1 or len(batch) * max(lengths[index] for index in batch) <= characters
        assert len(batch) <= 64
