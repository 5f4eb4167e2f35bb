"""Compile a normalisation map into the form that SentencePiece and the tokenizers library read."""

import struct
from collections.abc import Mapping


def compile_character_map(replacements: Mapping[int, str]) -> bytes:
    """Compile replacements of single code points.

    Args:
        replacements: The text that stands for each code point; empty where it is dropped.

    Returns:
        The size of a trie in bytes, the trie over the code points' UTF-8 forms, and the replacements, each ended by a
        zero; a key's value in the trie is where its replacement begins.
    """
    texts = bytearray()
    places: dict[str, int] = {}
    keys = []
    for code_point, text in replacements.items():
        if text not in places:
            places[text] = len(texts)
            texts += text.encode() + b"\0"
        keys.append((chr(code_point).encode(), places[text]))
    trie = _double_array(keys)
    return struct.pack(f"<I{len(trie)}I", 4 * len(trie), *trie) + bytes(texts)


def _double_array(keys: list[tuple[bytes, int]]) -> list[int]:
    """Lay a trie out as a double array (Aoe 1989), in the units of darts-clone.

    A node at `place` has its children at `base ^ byte`, where `base = place ^ offset`. A unit holds the offset from
    bit 10 up, at bit 8 whether a key ends here (its value then stands at `base`), and in its lowest byte the byte that
    leads to the node.
    """
    units = {0: 0}
    bases: set[int] = set()
    waiting = [(0, 0, keys)]
    free = 1
    for place, byte, suffixes in waiting:
        value = None
        children: dict[int, list[tuple[bytes, int]]] = {}
        for suffix, number in suffixes:
            if suffix:
                children.setdefault(suffix[0], []).append((suffix[1:], number))
            else:
                value = number
        while free in units:
            free += 1
        base = free
        while base in bases or base in units or any(base ^ child in units for child in children):
            base += 1
        bases.add(base)
        units[place] = (place ^ base) << 10 | (value is not None) << 8 | byte
        if value is not None:
            units[base] = 1 << 31 | value
        for child, below in children.items():
            units[base ^ child] = 0
            waiting.append((base ^ child, child, below))
    return [units.get(place, 0) for place in range((max(units) | 0xFF) + 1)]
