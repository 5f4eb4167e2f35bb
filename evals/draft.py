"""Draft questions from the documents themselves: for a person to review, never to be used unseen.

Sentences that say how many, how much, when or who become questions whose answer is what was taken out; lists become
questions for their items; what a document states of itself becomes a question for it. Each question about a named
organisation or year has a twin about another one, to which the documents should hold no answer.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from evals.cases import Case, GoldPage
from ingest.chunk import heading_paths
from ingest.document import Block, BlockKind, Document, Field
from ingest.sentences import split_sentences

_NUMBER = r"\d{1,3}(?:[ \u00a0]\d{3})+|\d+(?:[.,]\d+)?"
_COUNT_WORDS = (
    "två|tre|fyra|fem|sex|sju|åtta|nio|tio|elva|tolv|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
)
_SWEDISH_VERBS = (
    "har|hade|får|fick|köper|köpte|betalar|betalade|avsätter|avsatte|kostar|kostade|beviljades|deltog i|ordnade|håller|"
    "höll|omfattar|omfattade|äger|ägde|lämnade in|tog emot|välkomnade|rymmer|samlar"
)
_ENGLISH_VERBS = "has|had|received|got|sent|held|costs|cost|pays|paid|owns|owned|covers|covered|employs|employed"
_MONEY = r"(?:miljoner|miljarder|tusen)? ?(?:kronor|kr|euro|SEK)|million (?:kronor|euro)|procent|percent|%"

_AMOUNT = {
    "sv": re.compile(
        rf"(?P<subject>[A-ZÅÄÖ][^,.;:]{{2,60}}?) (?P<verb>{_SWEDISH_VERBS}) (?P<about>cirka |ungefär |omkring )?"
        rf"(?P<value>(?:{_NUMBER}|{_COUNT_WORDS}) ?(?:(?P<money>{_MONEY})|(?P<noun>[a-zåäö]{{3,}})))(?P<rest>[^.;]*)\.?"
    ),
    "en": re.compile(
        rf"(?P<subject>[A-Z][^,.;:]{{2,60}}?) (?P<verb>{_ENGLISH_VERBS}) (?P<about>about |some )?"
        rf"(?P<value>(?:{_NUMBER}|{_COUNT_WORDS}) (?:(?P<money>{_MONEY})|(?P<noun>[a-z]{{2,}}s|people|staff)))"
        r"(?P<rest>[^.;]*)\.?"
    ),
}
_BODY = re.compile(
    r"(?P<subject>[A-ZÅÄÖ][\wåäö-]*(?: (?:och|samt|[a-zåäö]+))?(?:nämnden|styrelsen|fullmäktige|utskottet|beredningen)|"
    r"[A-ZÅÄÖ][\wåäö-]*(?:direktören|chefen|samordnaren|kontoret|förvaltningen))"
    r" (?P<rest>(?:ansvarar|leder|ska|samordnar|beslutar|fördelar|redovisar|rapporterar|får|har|bevakar)\b[^;:]*?)\.?"
)
_DATED = re.compile(
    r"(?P<subject>[A-ZÅÄÖ][^,.;:]{2,60}?) (?P<verb>gick med|bildades|öppnade|inleddes|grundades|antogs)"
    r"(?P<middle>[^.;]*?) (?:den )?(?P<value>(?:\d{1,2} [a-zåäö]+ )?(?:19|20)\d\d)(?P<rest>[^.;]*)\.?"
)
_SHALL = re.compile(
    r"(?P<when>(?:Under|Inom|Från|Till) [^,]+? )?(?P<one>ska )?(?P<subject>.+?)(?P<other> ska)?(?: dessutom)?"
)
_YEARS = re.compile(r"(?<!\d)(?P<first>(?:19|20)\d\d)(?:(?P<dash>[–-])(?P<last>(?:19|20)\d\d))?(?!\d)")
_INFINITIVES = {
    "has": "have", "had": "have", "received": "receive", "got": "get", "sent": "send", "held": "hold", "costs": "cost",
    "cost": "cost", "pays": "pay", "paid": "pay", "owns": "own", "owned": "own", "covers": "cover", "covered": "cover",
    "employs": "employ", "employed": "employ",
}  # fmt: skip
_DEFINITE = re.compile(r"[A-ZÅÄÖ][a-zåäö]+(?:et|en|na)")
_NUMBERED = re.compile(r"^\d+(?:\.\d+)*\.?\s+")
_STATED = re.compile(r"[^:]{2,40}: ")
_METADATA = {
    "sv": {
        Field.ADOPTED_ON: "När antogs {title}?",
        Field.ADOPTED_BY: "Vem antog {title}?",
        Field.REFERENCE: "Vilket diarienummer har {title}?",
        Field.VALID_UNTIL: "Hur länge gäller {title}?",
        Field.REPLACES: "Vad ersätter {title}?",
        Field.RESPONSIBLE: "Vem är dokumentansvarig för {title}?",
    },
    "en": {
        Field.ADOPTED_ON: "When was {title} adopted?",
        Field.ADOPTED_BY: "Who adopted {title}?",
        Field.REFERENCE: "What is the reference number of {title}?",
        Field.VALID_UNTIL: "Until when does {title} apply?",
        Field.REPLACES: "What does {title} replace?",
        Field.RESPONSIBLE: "Who is responsible for {title}?",
    },
}
_POINTING = re.compile(r"\b(?:den|det|de|detta|dessa|denna|han|hon|därför|they|it|this|these|he|she)\b", re.IGNORECASE)
_LONGEST = 140
_SUBJECT_WORDS = 5
_SHORT = 6
_MOST_ITEMS = 8


@dataclass(frozen=True, slots=True)
class _Draft:
    kind: str
    question: str
    facts: tuple[tuple[str, ...], ...]
    start: int
    end: int


def draft_questions(documents: Sequence[Document], per_document: int = 10, twins: bool = True) -> list[Case]:
    """Draft questions on some documents.

    Args:
        documents: What to ask about.
        per_document: The most questions on one document, twins not counted; kinds take turns.
        twins: Whether to draft the questions without an answer as well.

    Returns:
        Cases with identifiers `d001`, `d001-twin` and so on, document by document.
    """
    organisations = sorted({name for one in documents if (name := one.fact(Field.ORGANISATION))})
    cases: list[Case] = []
    number = 0
    for document in documents:
        language = "en" if document.fact(Field.LANGUAGE) == "en" else "sv"
        for draft in _take_turns(list(_drafts(document, language)), per_document):
            number += 1
            case = _as_case(f"d{number:03}", draft, document, language)
            cases.append(case)
            twin = _twin(case, document, documents, organisations) if twins else None
            if twin is not None:
                cases.append(twin)
    return cases


def _drafts(document: Document, language: str) -> Iterator[_Draft]:
    where = [name for field in (Field.ORGANISATION, Field.PERIOD) if (name := document.fact(field))]
    paths = dict(heading_paths(document))
    for fact in document.facts:
        template = _METADATA[language].get(fact.field)
        if template and fact.start is not None and fact.end is not None:
            question = template.format(title=document.title)
            yield _Draft("metadata", question, ((fact.value,),), fact.start, fact.end)
    for index, block in enumerate(document.blocks):
        text = document.text[block.start : block.end]
        if block.kind is BlockKind.PARAGRAPH:
            for start, end in split_sentences(text):
                sentence = " ".join(text[start:end].split())
                found = _from_sentence(sentence, language, document)
                if found is not None:
                    kind, question, value = found
                    question = _placed(question, where, paths[block])
                    yield _Draft(kind, question, ((value,),), block.start + start, block.start + end)
            items = _items(document, index)
            # The facts of a front page are asked for one by one.
            stated = sum(_STATED.match(document.text, item.start, item.end) is not None for item in items)
            if 2 <= len(items) <= _MOST_ITEMS and 2 * stated < len(items):
                question = _placed(_list_question(text, language), where, paths[block])
                facts = tuple((document.text[item.start : item.end].rstrip(" ,.;"),) for item in items)
                yield _Draft("list", question, facts, items[0].start, items[-1].end)


def _from_sentence(sentence: str, language: str, document: Document) -> tuple[str, str, str] | None:
    """Kind, question and answer that a sentence gives; None where it gives none that stands alone."""
    if len(sentence) > _LONGEST:
        return None
    match = _AMOUNT[language].fullmatch(sentence)
    if match and _stands_alone(match["subject"]):
        subject, rest = _small(match["subject"], document), match["rest"].partition(",")[0]
        if language == "sv":
            share = "stor andel" if "rocent" in (match["money"] or "") else "mycket"
            counted = f"många {match['noun']}" if match["noun"] else share
            verb, _, particle = match["verb"].partition(" ")
            question = f"Hur {counted} {verb} {subject}{' ' + particle if particle else ''}{rest}?"
        else:
            counted = f"many {match['noun']}" if match["noun"] else "much"
            verb = match["verb"]
            do = "does" if verb.endswith("s") else "did"
            question = f"How {counted} {do} {subject} {_INFINITIVES[verb]}{rest}?"
        return "number", question, match["value"]
    match = _DATED.fullmatch(sentence)
    if match and language == "sv" and _stands_alone(match["subject"]):
        verb, _, particle = match["verb"].partition(" ")
        tail = f"{' ' + particle if particle else ''}{match['middle']}{_clause(match['rest'])}"
        return "date", f"När {verb} {_small(match['subject'], document)}{tail}?", match["value"]
    match = _BODY.fullmatch(sentence)
    if match and language == "sv" and len(match["rest"].split()) >= 3:
        subject = match["subject"]
        return "person", f"{'Vilken nämnd' if subject.endswith('nämnden') else 'Vem'} {match['rest']}?", subject
    return None


def _clause(rest: str) -> str:
    """What follows a year, up to where another clause may begin."""
    return re.split(r",| och ", rest, maxsplit=1)[0]


def _stands_alone(subject: str) -> bool:
    """Whether a subject is one, and says by itself what it means."""
    words = subject.split()
    return len(words) <= _SUBJECT_WORDS and not (_POINTING.search(subject) or {"och", "and", "In"} & {*words})


def _list_question(lead_in: str, language: str) -> str:
    """A question for the items that a paragraph introduces: its last sentence, with what they are asked for."""
    sentences = [lead_in[start:end] for start, end in split_sentences(lead_in)] or [lead_in]
    asked = " ".join(sentences[-1].split()).rstrip(" :.")
    match = _SHALL.fullmatch(asked) if language == "sv" else None
    turned = match and bool(match["one"]) == bool(match["when"]) != bool(match["other"])
    if match and turned and _stands_alone(match["subject"].replace(" och ", "-")):
        when = f" {match['when'].strip()[0].lower()}{match['when'].strip()[1:]}" if match["when"] else ""
        subject = match["subject"][0].lower() + match["subject"][1:]
        return f"Vad ska {subject} göra{when}?"
    return f"Vad står i listan ”{asked}”?" if language == "sv" else f"What is listed under “{asked}”?"


def _items(document: Document, index: int) -> list[Block]:
    return [block for block in document.blocks if block.kind is BlockKind.ITEM and block.lead_in == index]


def _placed(question: str, where: Sequence[str], headings: Sequence[str]) -> str:
    """The question with whose it is and of which year, as far as it does not say so; a short one with its heading."""
    heading = _NUMBERED.sub("", headings[-1]) if headings and len(question.split()) < _SHORT else ""
    said = question.casefold()
    missing = ", ".join(part for part in (*where, heading) if part and _bare(part) not in said)
    return f"{question[:-1]} ({missing})?" if missing else question


def _bare(name: str) -> str:
    """A name as it may be said: *Provköpings kommun* as *Provköping*."""
    return re.sub(r"(?:s? kommun|s stad)$", "", name.casefold())


def _small(subject: str, document: Document) -> str:
    """A subject that began its sentence as it stands within one: with a small letter, unless it is a name."""
    first, space, rest = subject.partition(" ")
    lowered = first[:1].lower() + first[1:]
    common = re.search(rf"(?<![.!?] )(?<!\n)\b{re.escape(lowered)}\b", document.text) or _DEFINITE.fullmatch(first)
    return f"{lowered if common else first}{space}{rest}"


def _take_turns(drafts: Sequence[_Draft], count: int) -> list[_Draft]:
    """So many drafts, each kind in its turn, back in the document's order; a question is not asked twice."""
    by_kind: dict[str, list[_Draft]] = {}
    for draft in {draft.question: draft for draft in reversed(drafts)}.values():
        by_kind.setdefault(draft.kind, []).append(draft)
    taken: list[_Draft] = []
    while len(taken) < count and any(by_kind.values()):
        for several in by_kind.values():
            if several and len(taken) < count:
                taken.append(several.pop())
    return sorted(taken, key=lambda draft: (draft.start, draft.end, draft.question))


def _as_case(identifier: str, draft: _Draft, document: Document, language: str) -> Case:
    pages = [page for page in document.pages if page.start < draft.end and page.end > draft.start]
    quotes = (document.text[max(draft.start, page.start) : min(draft.end, page.end)].strip() for page in pages)
    return Case(
        id=identifier,
        question=draft.question,
        lang=language,
        kind=draft.kind,
        answerable=True,
        facts=draft.facts,
        sources=(document.id,),
        pages=tuple(GoldPage(source=document.id, page=page.number) for page in pages),
        quotes=tuple(" ".join(quote.split()) for quote in quotes if quote),
    )


def _twin(case: Case, document: Document, documents: Sequence[Document], organisations: Collection[str]) -> Case | None:
    """The same question about a year, or else an organisation, that the documents do not speak of in this way."""
    own = document.fact(Field.ORGANISATION)
    texts = [one.text for one in documents if one.fact(Field.ORGANISATION) == own]
    years = _YEARS.search(case.question)
    if years:
        first, last = int(years["first"]), int(years["last"] or years["first"])
        for step in (*range(first - last - 3, first - last - 9, -1), *range(last - first + 3, last - first + 6)):
            moved = [str(first + step), *([str(last + step)] if years["last"] else [])]
            if not any(year in text for year in moved for text in texts):
                other = (years["dash"] or "").join(moved)
                return _unanswerable(case, case.question.replace(years[0], other))
    elif own and own in case.question:
        values = [spelling for spellings in case.facts for spelling in spellings]
        for name in organisations:
            others = [one.text for one in documents if one.fact(Field.ORGANISATION) == name]
            if name != own and not any(value in text for value in values for text in others):
                return _unanswerable(case, case.question.replace(own, name))
    return None


def _unanswerable(case: Case, question: str) -> Case:
    return Case(id=f"{case.id}-twin", question=question, lang=case.lang, kind="unanswerable", answerable=False)
