"""Make text fit for tokenisers."""


def encodable(text: str) -> str:
    """Without lone surrogates, which broken PDF fonts yield and no tokeniser takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
