"""Give a PDF that was cut off its last part again, as far as the rest allows."""

import re

_CATALOG = re.compile(rb"(?<!\d)(\d{1,10})\s+(\d{1,5})\s+obj\s*<<(?:(?!endobj).){0,2000}?/Type\s*/Catalog\b", re.DOTALL)


def with_trailer(content: bytes) -> bytes | None:
    """A PDF whose end is missing, as after a broken download, with a trailer that names its catalog.

    Readers find the other objects themselves, but not where to begin. An object that was cut in two stays unread.

    Returns:
        The mended file; None where it has a trailer, or no catalog that stands by itself, or is encrypted, so that
        nothing is gained.
    """
    if b"trailer" in content or b"/Encrypt" in content or re.search(rb"/Filter\s*/Standard\b", content):
        return None
    found = list(_CATALOG.finditer(content))
    if not found:
        return None
    number, generation = found[-1].groups()
    return b"%s\nendobj\ntrailer\n<</Root %s %s R>>\nstartxref\n0\n%%%%EOF\n" % (content, number, generation)
