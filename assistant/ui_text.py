"""Every string that the chat shows, in Swedish and English."""

from dataclasses import dataclass

from assistant.answers import AnswerStatus

LANGUAGES = ("sv", "en")


@dataclass(frozen=True, slots=True)
class Texts:
    """The chat's strings in one language. Braces name what is filled in with `str.format`."""

    language: str
    tagline: str
    switch_language: str
    skip_to_question: str
    conversation: str
    intro_heading: str
    intro: str
    intro_empty: str
    examples: str
    example_about: str
    example_quoted: str
    you_asked: str
    question_label: str
    question_placeholder: str
    question_hint: str
    send: str
    stop: str
    new_conversation: str
    question_missing: str
    working: str
    statuses: dict[AnswerStatus, str]
    explanations: dict[AnswerStatus, str]
    stopped: str
    stopped_explanation: str
    broken_explanation: str
    answer_ready: str
    references: str
    citation_name: str
    passage_name: str
    nearest: str
    open_passage: str
    copy: str
    copied: str
    copy_failed: str
    copy_question: str
    copy_answer: str
    scope: str
    scope_all: str
    scope_some: str
    scope_organisations: str
    scope_years: str
    scope_clear: str
    scope_none: str
    documents: str
    documents_intro: str
    documents_empty: str
    documents_other: str
    open_document: str
    source: str
    about_document: str
    previous_citation: str
    next_citation: str
    citation_position: str
    previous_page: str
    next_page: str
    page_position: str
    printed_page: str
    to_quote: str
    close: str
    section: str
    quote_start: str
    quote_end: str
    text_note: str
    original: str
    page_empty: str
    document_gone: str
    page: str
    pages: str
    one_page: str
    one_document: str
    many_documents: str
    connection_lost: str
    formats: dict[str, str]
    facts: dict[str, str]
    document_types: dict[str, str]

    def count_documents(self, count: int) -> str:
        """`1 dokument` or `8 documents`."""
        return self.one_document if count == 1 else self.many_documents.format(count=count)

    def count_pages(self, count: int) -> str:
        """`1 sida` or `12 pages`."""
        return self.one_page if count == 1 else self.pages.format(count=count)

    def type_name(self, document_type: str | None) -> str | None:
        """A type of document as the catalog has it, in this language where the word is known, with a capital."""
        name = self.document_types.get(document_type or "", document_type or "")
        return name[:1].upper() + name[1:] or None


_TYPES = {
    "handlingsplan": "action plan",
    "åtgärdsplan": "plan of measures",
    "verksamhetsplan": "business plan",
    "verksamhetsberättelse": "activity report",
    "årsredovisning": "annual accounts",
    "årsberättelse": "annual review",
    "årsrapport": "annual report",
    "delårsrapport": "interim report",
    "hållbarhetsredovisning": "sustainability statement",
    "hållbarhetsrapport": "sustainability report",
    "lägesrapport": "progress report",
    "slutrapport": "final report",
    "riktlinjer": "guidelines",
    "strategi": "strategy",
    "program": "programme",
    "stadgar": "statutes",
    "reglemente": "rules of procedure",
    "överenskommelse": "accord",
    "avtal": "agreement",
    "protokoll": "minutes",
    "utredning": "inquiry",
    "rapport": "report",
    "rutin": "routine",
    "anvisning": "instruction",
    "vägledning": "guidance",
    "remissvar": "consultation response",
    "tjänsteskrivelse": "official memorandum",
    "uppföljning": "follow-up",
    "utvärdering": "evaluation",
    "analys": "analysis",
    "föreskrifter": "regulations",
    "avsiktsförklaring": "declaration of intent",
    "webbsida": "web page",
}

SWEDISH = Texts(
    language="sv",
    tagline="Svar ur internationella strategier, med källa",
    switch_language="Språk",
    skip_to_question="Hoppa till frågerutan",
    conversation="Samtal",
    intro_heading="Vad vill du veta?",
    intro="Ställ en fråga om dokumenten i samlingen. Varje mening i svaret har en siffra som visar var i dokumentet "
    "den står. Om dokumenten inte ger svar på frågan säger Utblick det.",
    intro_empty="Samlingen är tom. Den som förvaltar Utblick behöver lägga till dokument innan det går att få svar.",
    examples="Pröva till exempel",
    example_about="Vad säger {organisation} om {heading}?",
    example_quoted="Vad säger {organisation} om ”{heading}”?",
    you_asked="Du frågade:",
    question_label="Din fråga",
    question_placeholder="Skriv en fråga om dokumenten",
    question_hint="Enter skickar, Skift + Enter ger ny rad.",
    send="Fråga",
    stop="Stoppa",
    new_conversation="Nytt samtal",
    question_missing="Skriv en fråga först.",
    working="Söker i dokumenten",
    statuses={
        AnswerStatus.ANSWERED: "Besvarad",
        AnswerStatus.PARTIAL: "Delvis besvarad",
        AnswerStatus.NOT_FOUND: "Framgår inte av dokumenten",
        AnswerStatus.NEEDS_CLARIFICATION: "Behöver förtydligas",
        AnswerStatus.REFUSED: "Godtogs inte",
        AnswerStatus.FAILED: "Misslyckades",
    },
    explanations={
        AnswerStatus.PARTIAL: "Dokumenten ger svar på en del av frågan.",
        AnswerStatus.NOT_FOUND: "Pröva andra ord, eller sök i fler dokument.",
        AnswerStatus.FAILED: "Försök igen om en stund. Hjälper inte det, kontakta den som förvaltar Utblick.",
    },
    stopped="Stoppad",
    stopped_explanation="Svaret stoppades och är inte fullständigt. Ställ frågan igen för att få hela svaret.",
    broken_explanation="Ett fel gjorde att frågan inte kunde besvaras. Försök igen om en stund. Hjälper inte det, "
    "kontakta den som förvaltar Utblick och uppge felnummer {reference}.",
    answer_ready="Svaret är klart: {status}",
    references="Källor",
    citation_name="Källa {marker}: {place}",
    passage_name="Öppna: {place}",
    nearest="Närmast i dokumenten",
    open_passage="Visa i dokumentet",
    copy="Kopiera svar med källor",
    copied="Svaret är kopierat",
    copy_failed="Det gick inte att kopiera. Markera texten och kopiera den i stället.",
    copy_question="Fråga",
    copy_answer="Svar",
    scope="Sök i",
    scope_all="alla dokument ({count})",
    scope_some="{count} av {total} dokument ({names})",
    scope_organisations="Organisation",
    scope_years="År",
    scope_clear="Sök i alla",
    scope_none="Inget att välja",
    documents="Dokument",
    documents_intro="Utblick svarar ur {count}. Öppna ett dokument för att läsa det.",
    documents_empty="Samlingen är tom.",
    documents_other="Utan angiven organisation",
    open_document="Öppna {title}",
    source="Källa",
    about_document="Om dokumentet",
    previous_citation="Föregående källa",
    next_citation="Nästa källa",
    citation_position="Källa {position} av {total} i svaret",
    previous_page="Föregående sida",
    next_page="Nästa sida",
    page_position="Sida {page} av {total}",
    printed_page="tryckt sidnummer {label}",
    to_quote="Till citatet",
    close="Stäng källan",
    section="Avsnitt",
    quote_start="citatet börjar",
    quote_end="citatet slutar",
    text_note="Du läser dokumentets text. Bilder och layout visas inte.",
    original="Öppna webbsidan",
    page_empty="Sidan har ingen text.",
    document_gone="Dokumentet går inte att öppna. Det kan ha tagits bort ur samlingen sedan svaret gavs.",
    page="sida {page}",
    pages="{count} sidor",
    one_page="1 sida",
    one_document="1 dokument",
    many_documents="{count} dokument",
    connection_lost="Kontakten med Utblick bröts. Ladda om sidan och försök igen. Hjälper inte det, kontakta den som "
    "förvaltar Utblick.",
    formats={"pdf": "PDF", "html": "Webbsida", "docx": "Word", "markdown": "Markdown", "text": "Textfil"},
    facts={
        "adopted_by": "Antaget av",
        "adopted_on": "Antaget",
        "revised_on": "Reviderat",
        "reference": "Diarienummer",
        "valid_until": "Gäller till",
        "replaces": "Ersätter",
        "responsible": "Ansvarig",
    },
    document_types={english: swedish for swedish, english in _TYPES.items()},
)

ENGLISH = Texts(
    language="en",
    tagline="Answers from international strategies, with sources",
    switch_language="Language",
    skip_to_question="Skip to the question box",
    conversation="Conversation",
    intro_heading="What would you like to know?",
    intro="Ask about the documents in the collection. Each sentence of the answer has a number that shows where in the "
    "document it stands. If the documents do not answer the question, Utblick says so.",
    intro_empty="The collection is empty. Whoever manages Utblick needs to add documents before it can answer.",
    examples="For example",
    example_about="What does {organisation} say about {heading}?",
    example_quoted="What does {organisation} say about “{heading}”?",
    you_asked="You asked:",
    question_label="Your question",
    question_placeholder="Write a question about the documents",
    question_hint="Enter sends, Shift + Enter makes a new line.",
    send="Ask",
    stop="Stop",
    new_conversation="New conversation",
    question_missing="Write a question first.",
    working="Searching the documents",
    statuses={
        AnswerStatus.ANSWERED: "Answered",
        AnswerStatus.PARTIAL: "Partly answered",
        AnswerStatus.NOT_FOUND: "Not stated in the documents",
        AnswerStatus.NEEDS_CLARIFICATION: "Needs clarification",
        AnswerStatus.REFUSED: "Not accepted",
        AnswerStatus.FAILED: "Failed",
    },
    explanations={
        AnswerStatus.PARTIAL: "The documents answer a part of the question.",
        AnswerStatus.NOT_FOUND: "Try other words, or search in more documents.",
        AnswerStatus.FAILED: "Try again in a while. If that does not help, contact whoever manages Utblick.",
    },
    stopped="Stopped",
    stopped_explanation="The answer was stopped and is not complete. Ask the question again to get all of it.",
    broken_explanation="An error kept the question from being answered. Try again in a while. If that does not help, "
    "contact whoever manages Utblick and give error number {reference}.",
    answer_ready="The answer is ready: {status}",
    references="Sources",
    citation_name="Source {marker}: {place}",
    passage_name="Open: {place}",
    nearest="Nearest in the documents",
    open_passage="Show in the document",
    copy="Copy answer with sources",
    copied="The answer has been copied",
    copy_failed="Copying did not work. Select the text and copy it instead.",
    copy_question="Question",
    copy_answer="Answer",
    scope="Search in",
    scope_all="all documents ({count})",
    scope_some="{count} of {total} documents ({names})",
    scope_organisations="Organisation",
    scope_years="Year",
    scope_clear="Search in all",
    scope_none="Nothing to choose",
    documents="Documents",
    documents_intro="Utblick answers from {count}. Open a document to read it.",
    documents_empty="The collection is empty.",
    documents_other="No organisation stated",
    open_document="Open {title}",
    source="Source",
    about_document="About the document",
    previous_citation="Previous source",
    next_citation="Next source",
    citation_position="Source {position} of {total} in the answer",
    previous_page="Previous page",
    next_page="Next page",
    page_position="Page {page} of {total}",
    printed_page="printed page number {label}",
    to_quote="To the quote",
    close="Close source",
    section="Section",
    quote_start="quote begins",
    quote_end="quote ends",
    text_note="You are reading the document's text. Pictures and layout are not shown.",
    original="Open the web page",
    page_empty="The page has no text.",
    document_gone="The document cannot be opened. It may have been removed from the collection since the answer was "
    "given.",
    page="page {page}",
    pages="{count} pages",
    one_page="1 page",
    one_document="1 document",
    many_documents="{count} documents",
    connection_lost="The connection to Utblick was lost. Reload the page and try again. If that does not help, contact "
    "whoever manages Utblick.",
    formats={"pdf": "PDF", "html": "Web page", "docx": "Word", "markdown": "Markdown", "text": "Text file"},
    facts={
        "adopted_by": "Adopted by",
        "adopted_on": "Adopted on",
        "revised_on": "Revised on",
        "reference": "Reference number",
        "valid_until": "Valid until",
        "replaces": "Replaces",
        "responsible": "Responsible",
    },
    document_types=_TYPES,
)


def texts_in(language: str) -> Texts:
    """The strings in `sv` or `en`; any other language gives Swedish."""
    return ENGLISH if language == "en" else SWEDISH
