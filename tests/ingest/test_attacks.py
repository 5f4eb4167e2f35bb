"""Files made to hang, fill or mislead a reader: each has a clear outcome within its limits, and the next is read.

The files are made here, the large ones from pieces that a packer gives when it starts afresh, so that ten gigabytes
take no time to pack.
"""

import io
import os
import zipfile
import zlib
from dataclasses import dataclass

import pptx
import pytest

from ingest.errors import IngestError
from ingest.limits import Limits
from ingest.worker import LoadWorker

MEGABYTE = 2**20
GIGABYTE = 2**30
LIMITS = Limits(max_seconds=60, max_memory=1024 * MEGABYTE, max_decompressed=512 * MEGABYTE)
LAUGHS = (
    '<!DOCTYPE a [<!ENTITY e0 "ha">' + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 11)) + "]>"
)
OUTSIDE = '<!DOCTYPE a [<!ENTITY e10 SYSTEM "file:///etc/passwd">]>'
SENTENCE = "<p>Nämnden ska samarbeta med städer i andra länder.</p>"


@pytest.fixture(scope="module")
def worker():
    with LoadWorker(LIMITS) as worker:
        yield worker


def deflated(size, header=zlib.MAX_WBITS, block=b" " * MEGABYTE):
    """`size` bytes, packed: the same block over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, header)
    pieces = [packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)]
    again = packer.compress(block) + packer.flush(zlib.Z_FULL_FLUSH)
    pieces.append(again * (size // len(block) - 1))
    return b"".join(pieces) + packer.flush()


def pdf(*objects):
    """A PDF of numbered objects, the first its catalogue."""
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%btrailer <</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1, table, len(objects) + 1, len(out),
    )  # fmt: skip
    return bytes(out)


CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents 4 0 R>>"
SHOWN = b"BT /F 12 Tf 50 700 Td (Plan for staden) Tj ET\n"


def stream(content, entries=b""):
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (entries, len(content), content)


def pages(kids, count, content=None):
    return pdf(CATALOGUE, b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count), FONT, content or stream(SHOWN), PAGE)


def one_page(content, filters):
    return pages(b"5 0 R", 1, stream(content, b"/Filter[%b]" % (b"/FlateDecode" * filters)))


def hundred_thousand_pages():
    kids = b" ".join(b"%d 0 R" % number for number in range(5, 100_005))
    root = b"<</Type/Pages/Kids[%b]/Count 100000>>" % kids
    return pdf(CATALOGUE, root, FONT, stream(SHOWN), *[PAGE] * 100_000)


def many_times_many_forms():
    """Nine forms, each showing the next one ten times."""
    calls = [
        stream(b"/X Do " * 10, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % number)
        for number in range(7, 15)
    ]
    last = stream(SHOWN, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</Font<</F 3 0 R>>>>")
    page = PAGE.replace(b"/Font<</F 3 0 R>>", b"/XObject<</X 6 0 R>>")
    tree = b"<</Type/Pages/Kids[5 0 R]/Count 1>>"
    return pdf(CATALOGUE, tree, FONT, stream(b"/X Do"), page, *calls, last)


def package(parts, bomb=None, size=0, stated=None):
    """An office package; `bomb` names a part that unpacks to `size` bytes, whatever size is stated for it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            stored = zipfile.ZIP_STORED if name == "mimetype" else None
            archive.writestr(name, content, stored)
        if bomb is not None:
            archive.writestr(zipfile.ZipInfo(bomb), deflated(size, -zlib.MAX_WBITS))
            entry = archive.getinfo(bomb)
            entry.compress_type, entry.file_size = zipfile.ZIP_DEFLATED, size if stated is None else stated
    return made.getvalue()


OPC = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
WORD = {
    "[Content_Types].xml": f'<Types xmlns="{OPC}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{OPC}/relationships"><Relationship Id="r" Type="{OFFICE}" '
    'Target="word/document.xml"/></Relationships>',
}
ODF = "urn:oasis:names:tc:opendocument:xmlns"
BLANKS = '<text:s text:c="2000000000"/>'
TEXT = {"mimetype": "application/vnd.oasis.opendocument.text"}


def word(body, doctype=""):
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    xml = f'<?xml version="1.0"?>{doctype}<w:document xmlns:w="{main}"><w:body>{body}</w:body></w:document>'
    return WORD | {"word/document.xml": xml}


def word_text(text, doctype=""):
    return word(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>", doctype)


def odt(body, doctype=""):
    return TEXT | {
        "content.xml": f'<?xml version="1.0"?>{doctype}<office:document-content xmlns:office="{ODF}:office:1.0" '
        f'xmlns:text="{ODF}:text:1.0" xmlns:table="{ODF}:table:1.0"><office:body><office:text>{body}</office:text>'
        "</office:body></office:document-content>"
    }


def slides(doctype=""):
    deck, made, parts = pptx.Presentation(), io.BytesIO(), {}
    deck.slides.add_slide(deck.slide_layouts[1]).shapes.title.text = "Plan LOL"
    deck.save(made)
    with zipfile.ZipFile(made) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if doctype:
        name = "ppt/slides/slide1.xml"
        xml = parts[name].replace(b"?>", b"?>" + doctype.encode(), 1)
        parts[name] = xml.replace(b"LOL", b"&e10;")
    return parts


def in_utf_16(parts, name):
    return parts | {name: parts[name].replace('"1.0"', '"1.0" encoding="UTF-16"').encode("utf-16")}


@dataclass(frozen=True)
class Attack:
    """A file, and what is to become of it; an outcome of `ingested` tells the text that it gives, or begins with."""

    name: str
    make: object
    outcome: str
    told: str


TOO_MANY = "has 100000 pages, the limit is 3000"
TOO_MUCH = "takes more than 1024 MB of memory"
UNPACKS = "unpacks to more than 512 MB"
ENTITIES = "declares XML entities"
TOO_DEEP = "nests its parts too deep"
ATTACKS = [
    Attack("claims pages.pdf", lambda: pages(b"5 0 R", 100_000), "too_large", TOO_MANY),
    Attack("has pages.pdf", hundred_thousand_pages, "too_large", TOO_MANY),
    Attack("repeats a page.pdf", lambda: pages(b"5 0 R " * 100_000, 100_000), "too_large", TOO_MANY),
    Attack("hides pages.pdf", lambda: pages(b"5 0 R " * 100_000, 1), "too_large", TOO_MANY),
    Attack("loop of pages.pdf", lambda: pages(b"2 0 R 5 0 R", 2), "ingested", "Plan for staden"),
    Attack("10 GB.pdf", lambda: one_page(deflated(10 * GIGABYTE), 1), "too_large", TOO_MUCH),
    Attack("10 GB twice.pdf", lambda: one_page(zlib.compress(deflated(10 * GIGABYTE)), 2), "too_large", TOO_MUCH),
    Attack("operators.pdf", lambda: one_page(deflated(GIGABYTE, block=SHOWN * 20_000), 1), "too_large", TOO_MUCH),
    Attack("forms.pdf", many_times_many_forms, "too_large", TOO_MUCH),
    Attack("4 GB.docx", lambda: package(WORD, "word/document.xml", 4 * GIGABYTE), "too_large", UNPACKS),
    Attack("4 GB.odt", lambda: package(TEXT, "content.xml", 4 * GIGABYTE), "too_large", UNPACKS),
    Attack("4 GB.pptx", lambda: package(slides(), "ppt/media/film.bin", 4 * GIGABYTE), "too_large", UNPACKS),
    Attack("lies.docx", lambda: package(WORD, "word/document.xml", GIGABYTE, 1000), "unreadable", "is damaged"),
    Attack("lies.odt", lambda: package(TEXT, "content.xml", GIGABYTE, 1000), "unreadable", "is damaged"),
    Attack("lies.pptx", lambda: package(slides(), "ppt/media/film.bin", GIGABYTE, 1000), "unreadable", "is damaged"),
    Attack("laughs.docx", lambda: package(word_text("&e10;", LAUGHS)), "unreadable", ENTITIES),
    Attack("outside.docx", lambda: package(word_text("&e10;", OUTSIDE)), "unreadable", ENTITIES),
    Attack(
        "laughs in UTF-16.docx",
        lambda: package(in_utf_16(word_text("&e10;", LAUGHS), "word/document.xml")),
        "unreadable",
        ENTITIES,
    ),
    Attack("laughs.odt", lambda: package(odt("<text:p>&e10;</text:p>", LAUGHS)), "unreadable", ENTITIES),
    Attack("outside.odt", lambda: package(odt("<text:p>&e10;</text:p>", OUTSIDE)), "unreadable", ENTITIES),
    Attack(
        "laughs in UTF-16.odt",
        lambda: package(in_utf_16(odt("<text:p>&e10;</text:p>", LAUGHS), "content.xml")),
        "unreadable",
        ENTITIES,
    ),
    Attack("laughs.pptx", lambda: package(slides(LAUGHS)), "unreadable", ENTITIES),
    Attack("outside.pptx", lambda: package(slides(OUTSIDE)), "unreadable", ENTITIES),
    Attack("laughs.html", lambda: f"{LAUGHS.replace(' a ', ' html ')}<p>&e10; {SENTENCE}", "ingested", "&e10;"),
    Attack("outside.html", lambda: f"{OUTSIDE.replace(' a ', ' html ')}<p>&e10; {SENTENCE}", "ingested", "&e10;"),
    Attack(
        "tables in tables.docx",
        lambda: package(word("<w:tbl><w:tr><w:tc>" * 20_000 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 20_000)),
        "unreadable",
        "is damaged",
    ),
    Attack("blanks.odt", lambda: package(odt(f"<text:p>Plan{BLANKS}slut</text:p>")), "ingested", "Plan slut"),
    Attack(
        "rows.odt",
        lambda: package(
            odt(
                '<table:table><table:table-row table:number-rows-repeated="1000000000"><table:table-cell '
                'table:number-columns-repeated="1000000000"><text:p>Plan</text:p></table:table-cell></table:table-row>'
                "</table:table>"
            )
        ),
        "ingested",
        "Plan",
    ),
    Attack("deep.html", lambda: "<html>" + "<div>" * 100_000 + SENTENCE, "unreadable", TOO_DEEP),
    Attack("deep lists.html", lambda: "<html>" + "<ul><li>" * 100_000 + SENTENCE, "unreadable", TOO_DEEP),
    Attack("rather deep.html", lambda: "<html>" + "<div>" * 1500 + SENTENCE, "unreadable", TOO_DEEP),
    Attack("12 MB.html", lambda: f"<html><noscript>{'ord ' * 3_000_000}</noscript>{SENTENCE}", "ingested", "Nämnden"),
    Attack("cells.html", lambda: "<table><tr><td colspan=100000000 rowspan=100000000>Plan</table>", "ingested", "Plan"),
    Attack("signs.html", lambda: "<html>" + "<" * 1_000_000, "unreadable", "no text of its own"),
    Attack("one line.txt", lambda: "nämnden ska följa upp arbetet " * 70_000, "ingested", "nämnden ska"),
    Attack("one word.txt", lambda: "a" * 1_000_000, "ingested", "aaaa"),
    Attack("numbers.txt", lambda: "1" * 1_000_000, "ingested", "1111"),
    Attack("dates.txt", lambda: "den 1 januari 20" * 100_000, "ingested", "den 1 januari"),
    Attack("nothing.txt", lambda: bytes(10_000_000), "unreadable", "is empty"),
    *(
        Attack(f"{number}.md", lambda sign=sign: sign * 100_000, "unreadable", "holds no text")
        for number, sign in enumerate(("[", "*", "_", "`", "<", "(", "![", "> ", "- ", "|", "#", "~", "\\", "&", "**_"))
    ),
    Attack("links.md", lambda: "[a](" * 40_000, "ingested", "[a]("),
    Attack("stars.md", lambda: "*a **b" * 20_000, "ingested", "a **ba"),
    Attack("nested.md", lambda: "".join(f"{' ' * 2 * level}- a\n" for level in range(1000)), "ingested", "a"),
    Attack("deep.rtf", lambda: r"{\rtf1 " + "{" * 300_000 + "Plan" + "}" * 300_001, "ingested", "Plan"),
    Attack("bytes.rtf", lambda: r"{\rtf1 Plan \bin2000000000 x}", "unreadable", "ends in the middle"),
]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits memory as POSIX systems do")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_each_has_a_clear_outcome_within_its_limits(worker, tmp_path, attack):
    content = attack.make()
    path = tmp_path / attack.name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        told, outcome = worker.load_file(path, attack.name).text, "ingested"
        assert told.startswith(attack.told)
    except IngestError as error:
        told, outcome = str(error), error.outcome
        assert attack.name in told and attack.told in told, told
        assert len(told) < 400
    assert outcome == attack.outcome, told


def test_the_next_file_is_read(worker, tmp_path):
    path = tmp_path / "plan.md"
    path.write_text("# Plan\n\nNämnden ska samarbeta.\n", "utf-8")
    assert worker.load_file(path, "plan.md").text == "Plan\n\nNämnden ska samarbeta."
