"""The places that Swedish municipalities and regions are named after."""

from functools import cache
from importlib.resources import files

from vectorstore.names import bare


@cache
def place_names() -> dict[str, str]:
    """The name of each place, by its words bare and with a space between."""
    return {place_key(name): name for name, _ in _lines()}


@cache
def word_names() -> frozenset[str]:
    """Those, bare, that are an ordinary word or a person's name as well: *mark*, *vara*, *nora*."""
    return frozenset(place_key(name) for name, also in _lines() if also == "word")


@cache
def county_names() -> frozenset[str]:
    """Those, bare, that are a county's and no municipality's: *skåne*."""
    return frozenset(place_key(name) for name, also in _lines() if also == "county")


def place_key(name: str) -> str:
    """A place's name as the key of `place_names`."""
    return " ".join(bare(word) for word in name.split())


def _lines() -> list[tuple[str, str]]:
    text = files("vectorstore").joinpath("places.tsv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, also) for name, _, also in (line.partition("\t") for line in lines)]
