"""The reranker, with a real cross-encoder of a few kilobytes: it likes passages that say *guld* and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from vectorstore.cross_encoder import CrossEncoderReader
from vectorstore.errors import ReaderError
from vectorstore.open_reader import open_reader
from vectorstore.reader import Passage
from vectorstore.search import search

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "guld", "sand", "vad", "finns"]
GOLD = WORDS.index("guld")


def save_cross_encoder(folder: Path, labels: int = 1) -> Path:
    """A BERT whose layers pass on what they are given, and whose one logit is high where a word is *guld*.

    Each word's vector is its own direction. The one attention head looks equally at all words, so the first place
    holds their mean, which the classifier weighs: *guld* raises the logit, the rest of the words do not.
    """
    import torch
    from sentence_transformers import CrossEncoder
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    size = 16
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", WORDS.index("[CLS]")), ("[SEP]", WORDS.index("[SEP]"))],
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=64,
    )  # fmt: skip
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=size, num_hidden_layers=1, num_attention_heads=1, intermediate_size=size,
        max_position_embeddings=64, num_labels=labels, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    model = BertForSequenceClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        for module in model.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.weight.fill_(1.0)
        embeddings, layer = model.bert.embeddings, model.bert.encoder.layer[0]
        embeddings.word_embeddings.weight.copy_(torch.eye(len(WORDS), size))
        layer.attention.self.value.weight.copy_(torch.eye(size))
        layer.attention.output.dense.weight.copy_(8 * torch.eye(size))
        model.bert.pooler.dense.weight.copy_(torch.eye(size))
        model.classifier.weight[0, GOLD] = 12.0
        model.classifier.bias[0] = -3.0
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    assert CrossEncoder(str(folder), local_files_only=True).num_labels == labels
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_cross_encoder(tmp_path_factory.mktemp("models") / "guldletare")


@pytest.fixture
def reader(model: Path, tmp_path: Path) -> CrossEncoderReader:
    return CrossEncoderReader.load(str(model), tmp_path / "cache")


def test_each_passage_has_its_relevance_in_order(reader: CrossEncoderReader) -> None:
    readings = reader.read("vad finns", [Passage("sand"), Passage("guld"), Passage("sand", "guld"), Passage("")])
    relevances = [reading.relevance for reading in readings]
    assert all(0 <= relevance <= 1 for relevance in relevances)
    assert min(relevances[1], relevances[2]) > 0.9 > 0.1 > max(relevances[0], relevances[3])
    assert {(reading.answerability, reading.span) for reading in readings} == {(None, None)}


def test_nothing_is_read_of_nothing(reader: CrossEncoderReader) -> None:
    assert reader.read("vad finns", []) == []


def test_relevance_is_the_sigmoid_of_the_logit_whatever_the_models_own_activation(
    model: Path, reader: CrossEncoderReader
) -> None:
    import torch
    from sentence_transformers import CrossEncoder

    plain = CrossEncoder(str(model), local_files_only=True, activation_fn=torch.nn.Identity())
    logit = float(plain.predict([("vad finns", "guld")])[0])
    assert reader.read("vad finns", [Passage("guld")])[0].relevance == pytest.approx(1 / (1 + 2.718281828**-logit))


def test_broken_letters_and_long_passages_are_read(reader: CrossEncoderReader) -> None:
    assert len(reader.read("vad \ud800", [Passage("guld \udfff"), Passage("sand " * 1000)])) == 2


def test_it_reorders_what_was_found(store, make_document, reader: CrossEncoderReader) -> None:
    with store.writing():
        store.replace(make_document("sand.txt", "Vad finns i jorden? Mest sand"), "", "sand.txt")
        store.replace(make_document("guld.txt", "Vad finns i jorden under berget? Mest guld"), "", "guld.txt")
    without = search(store, "Vad finns mest i jorden?")
    reranked = search(store, "Vad finns mest i jorden?", reader=reader)
    assert [hit.chunk.document for hit in without] == ["sand.txt", "guld.txt"]
    assert [hit.chunk.document for hit in reranked] == ["guld.txt", "sand.txt"]
    assert {hit.reading for hit in without} == {None}
    assert reranked[0].reading.relevance > 3 * reranked[1].reading.relevance
    assert [hit.rank for hit in reranked] == [1, 2]
    assert reranked[0].score > reranked[1].score


def test_its_fingerprint_follows_its_weights(model: Path, reader: CrossEncoderReader, tmp_path: Path) -> None:
    other = save_cross_encoder(tmp_path / "guldletare", labels=3)
    assert reader.fingerprint.startswith("guldletare@")
    assert CrossEncoderReader.load(str(other), tmp_path / "cache").fingerprint != reader.fingerprint


def test_no_setting_is_no_reranker() -> None:
    assert open_reader("") is None


@pytest.mark.parametrize("name", ["/nowhere/at/all", "two words", "a/b/c"])
def test_a_wrong_name_is_one_clear_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="Set the reranker to an existing folder or to a name such as"):
        open_reader(name, tmp_path)


def test_a_hub_that_cannot_be_reached_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ReaderError, match=r"The reranker someone/a-model is not on this machine.*leave the reranker"):
        open_reader("someone/a-model", tmp_path)


def test_a_folder_without_a_model_and_a_model_of_another_kind_are_reported(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="holds no reranker"):
        open_reader(str(tmp_path), tmp_path)
    classifier = CrossEncoderReader.load(str(save_cross_encoder(tmp_path / "m", labels=3)), tmp_path / "cache")
    with pytest.raises(ReaderError, match=r"no reranker: it tells 3 classes apart"):
        classifier.read("vad", [Passage("guld")])
    (tmp_path / "m" / "model.safetensors").write_bytes(b"damaged")
    damaged = CrossEncoderReader.load(str(tmp_path / "m"), tmp_path / "cache")
    with pytest.raises(ReaderError, match="cannot be loaded"):
        damaged.read("vad", [Passage("guld")])


def test_without_one_nothing_heavy_is_imported() -> None:
    program = (
        "import sys; from vectorstore.open_reader import open_reader; open_reader('');"
        "heavy = {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
