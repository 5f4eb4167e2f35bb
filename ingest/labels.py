"""The names under which Swedish and English documents state facts about themselves on their front page."""

import re

from ingest.characters import clean_line
from ingest.document import Field

_NAMES: dict[Field, str] = {
    Field.DOCUMENT_TYPE: (
        "dokumenttyp, dokumentsort, typ av dokument, dokumentslag, typ, document type, type of document"
    ),
    Field.ADOPTED_BY: (
        "antaget av, antagen av, antagna av, beslutat av, beslutad av, beslutade av, fastställt av, fastställd av, "
        "fastställda av, godkänt av, godkänd av, beslutsinstans, beslutsfattare, beslutande organ, beslutande "
        "instans, beslutande, beslutat i, beslutad i, antaget i, antagen i, fastställare, antaget, antagen, "
        "antagna, beslutat, beslutad, fastställt, fastställd, beslut, fastställt av och datum, antagen av och "
        "datum, adopted by, approved by, decided by, established by, decision by, adopted, approved"
    ),
    Field.ADOPTED_ON: (
        "beslutsdatum, antagningsdatum, antagandedatum, beslutat datum, datum för fastställelse, datum för "
        "beslutet, datum och paragraf för beslutet, datum och paragraf, datum för beslut, datum för antagande, "
        "datum för fastställande, fastställelsedatum, antaget den, antagen den, beslutat den, beslutad den, "
        "fastställt den, fastställd den, datum, dokumentdatum, upprättat datum, upprättad, upprättat, date of "
        "adoption, adopted on, date adopted, approved on, approval date, decision date, date of decision, date"
    ),
    Field.REVISED_ON: (
        "senast reviderat, senast reviderad, senast reviderade, reviderat, reviderad, reviderat den, reviderad den, "
        "senaste revidering, senast ändrad, senast ändrat, ändrad, senast uppdaterad, senast uppdaterat, "
        "uppdaterad, uppdaterat, revideringsdatum, revisionsdatum, senaste revideringsdatum, reviderad av och "
        "datum, last revised, revised, revised on, date of revision, last updated, last amended, amended"
    ),
    Field.REFERENCE: (
        "diarienummer, diarienr, dnr, dnr., d-nr, diarie-nr, diarienr., diariebeteckning, ärendenummer, ärendenr, "
        "beteckning, dokumentnummer, reference number, reference, ref. no, ref no, case number, registration "
        "number, record number"
    ),
    Field.VALID_UNTIL: (
        "giltighetstid, giltig till, giltig t.o.m., giltig tom, giltig till och med, giltig t o m, giltighet "
        "t.o.m., gäller t o m, gäller till, gäller till och med, gäller t.o.m., gäller tom, giltig, giltighet, "
        "giltighetsperiod, gäller, gäller under, gäller under perioden, valid until, valid to, valid through, "
        "validity, period of validity, expires"
    ),
    Field.REPLACES: "ersätter, ersätter dokument, ersätter tidigare, replaces, supersedes",
    Field.RESPONSIBLE: (
        "dokumentansvarig, dokumentansvar, dokumentägare, ansvarig, ansvarig för revidering, ansvarig för "
        "dokumentet, ansvarig för uppföljning, ansvarig förvaltning, ansvarig funktion, ansvarig handläggare, "
        "ansvarig nämnd, ansvarig enhet, ansvarig avdelning, ansvarig utgivare, ansvar, processägare, "
        "dokumentansvarig förvaltning, responsible, document owner, owner, responsible unit, responsible "
        "department, responsible officer"
    ),
    Field.PERIOD: (
        "period, programperiod, avser period, avser år, verksamhetsår, räkenskapsår, redovisningsår, planperiod, "
        "gäller för perioden, gäller för period, gäller för åren, tidsperiod, reporting period, financial year, "
        "fiscal year, programme period, period covered"
    ),
    Field.TITLE: ("titel, dokumentnamn, dokumentets namn, dokumenttitel, title, document title, document name"),
    Field.ORGANISATION: ("organisation, kommun, myndighet, utgivare, utgiven av, published by, publisher, issued by"),
}
# Names that stand among the others and end the value before them, but state nothing that is kept.
_OTHERS = (
    "adresserat till, gäller för, gäller från, gäller fr.o.m., gäller from, giltig från, giltig fr.o.m., giltig "
    "from, utgivningsdatum, publiceringsdatum, publicerad, beslutsparagraf, dokument-id, bilaga, bilagor, "
    "revideras, nästa revidering, nästa översyn, aktualitetsprövas senast, ska revideras senast, tidpunkt för "
    "aktualitetsprövning, aktualitetsprövas, aktualitetsprövning, sökord, nyckelord, version, versionsnummer, "
    "handläggare, kontakt, kontaktperson, uppföljning, följs upp, målgrupp, omfattning, telefon, e-post, adress, "
    "sekretess, status, framtagen av, framtaget av, upprättad av, upprättat av, författare, paragraf, §, relaterade "
    "dokument, sida, addressed to, applies to, valid from, keywords, contact, contact person, author, target group, "
    "page, language"
)

LABELS: dict[str, Field | None] = dict.fromkeys(_OTHERS.split(", ")) | {
    name: field for field, names in _NAMES.items() for name in names.split(", ")
}
# These words are ordinary prose; without a colon they name no fact.
_ORDINARY_NAMES = (
    "typ beslutande period giltig giltighet gäller beslut antaget antagen "
    "antagna beslutat beslutad fastställt fastställd upprättad "
    "upprättat reviderat reviderad ändrad uppdaterad uppdaterat ersätter datum ansvarig ansvar organisation kommun "
    "myndighet reference date adopted approved revised amended validity responsible owner title titel replaces "
    "supersedes expires publisher utgivare kontakt status omfattning uppföljning målgrupp adress telefon version "
    "contact author page language sida"
)
_ORDINARY = frozenset(_ORDINARY_NAMES.split())


def label_of(text: str) -> str | None:
    """The known name that `text` is, without case and final colon, else None."""
    name = " ".join(text.casefold().split()).rstrip(": ")
    return name if name in LABELS else None


def is_telling(label: str) -> bool:
    """Whether a known name tells a fact even where no colon follows it."""
    return label not in _ORDINARY


_KNOWN = "|".join(sorted((re.escape(name) for name in LABELS), key=len, reverse=True))
_ANY_LABEL = re.compile(
    rf"(?P<known>(?<![\w-])(?i:{_KNOWN}))\s*:(?!\w)"
    r"|(?<![\w§.-])[A-ZÅÄÖ][\w-]+(?:[ /][a-zåäö][\w-]*){0,4}\s?:(?=\s|$)"
)
_CAPITAL = re.compile(r"[A-ZÅÄÖ§]")


def find_labels(line: str) -> list[tuple[str, int, int]]:
    """Labels with a colon in one line: `(known name or "", start, end after the colon)`.

    A line may hold several, since layouts put them side by side. A label in the middle of a line must begin with a
    capital letter, so that running text is not taken for one.
    """
    found = []
    for match in _ANY_LABEL.finditer(line):
        at_start = not line[: match.start()].strip(" •-–·|;")
        if not at_start and not _CAPITAL.match(match[0]):
            continue
        found.append(((match["known"] or "").casefold(), match.start(), match.end()))
    return found


def begins_with_label(line: str) -> bool:
    """Whether a line begins with a known name and its colon."""
    found = find_labels(line)
    return bool(found) and found[0][0] != "" and found[0][1] == 0


def paragraph_lines(text: str) -> list[str]:
    """Paragraphs of a text in which a line break was set by hand.

    An empty line divides; a single break divides only where the lines state facts (`Dnr: 1`, `Datum: 2`), else it
    is a blank.
    """
    paragraphs = []
    for part in re.split(r"\n\s*\n", text):
        lines = [line for line in map(clean_line, part.split("\n")) if line]
        if len(lines) > 1 and 2 * sum(bool(find_labels(line)) for line in lines) >= len(lines):
            paragraphs.extend(lines)
        else:
            paragraphs.append(" ".join(lines))
    return [paragraph for paragraph in paragraphs if paragraph]
