"""The names that other programs may import; whatever changes here changes for them."""

import importlib
import subprocess
import sys

import pytest

SURFACE = {
    "assistant": [
        "Answer", "AnswerStatus", "Assistant", "AssistantError", "Citation", "ModelError", "Retrieved", "Scope",
        "Settings", "SettingsError", "Turn", "Writing",
    ],
    "evals": [
        "Case", "Report", "evaluate_retrieval", "measure_run", "read_answers", "read_cases", "run_cases",
        "write_reports",
    ],
    "ingest": [
        "SUPPORTED_SUFFIXES", "Block", "BlockKind", "Document", "Fact", "Field", "IngestError", "NeedsOcr",
        "NeedsPassword", "Page", "TooLarge", "UnreadableFile", "UnsupportedFormat", "load_file",
        "load_web_page",
    ],
    "prompts": [
        "prompt_digest", "render_prompt",
    ],
    "vectorstore": [
        "DocumentRecord", "FileOutcome", "Filter", "Hit", "Outcome", "SearchBackend", "SentenceEmbeddings", "Store",
        "UtblickRetriever", "VectorStoreError", "backup_store", "restore_store", "sync_addresses", "sync_path",
    ],
}  # fmt: skip


@pytest.mark.parametrize("package", SURFACE)
def test_the_public_names_are_these_and_each_can_be_imported(package: str) -> None:
    module = importlib.import_module(package)
    assert module.__all__ == SURFACE[package]
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    with pytest.raises(AttributeError, match="no attribute"):
        _ = module.nonesuch


@pytest.mark.parametrize("package", SURFACE)
def test_importing_a_package_imports_nothing_heavy(package: str) -> None:
    heavy = "torch gradio chromadb sentence_transformers transformers langchain trafilatura scipy"
    code = f"import sys, {package}; print([name for name in {heavy.split()} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_tree_of_errors() -> None:
    from assistant import AssistantError, ModelError, SettingsError
    from ingest import IngestError, NeedsOcr, NeedsPassword, TooLarge, UnreadableFile, UnsupportedFormat

    assert {error.__base__ for error in (ModelError, SettingsError)} == {AssistantError}
    assert {error.__base__ for error in (NeedsOcr, NeedsPassword, TooLarge, UnreadableFile, UnsupportedFormat)} == {
        IngestError
    }
    assert AssistantError.__base__ is Exception and IngestError.__base__ is Exception
