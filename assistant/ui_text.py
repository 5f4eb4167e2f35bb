"""The strings that the chat shows: their names. `ui_text_sv.py` and `ui_text_en.py` have them."""

from dataclasses import dataclass

from assistant.answers import AnswerStatus
from assistant.feedback import Reason
from assistant.ui_text_compare import CompareTexts
from assistant.ui_text_library import LibraryTexts
from assistant.ui_text_sign_in import SignInTexts

LOCALES = {"sv": "sv-SE", "en": "en-GB"}
"""What office documents call the languages."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The chat's strings in one language. Braces name what is filled in with `str.format`."""

    language: str
    tagline: str
    switch_language: str
    navigation: str
    views: dict[str, str]
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
    previous: str
    next: str
    close_short: str
    scope_change: str
    decided: str
    in_force: str
    expired: str
    short_page: str
    short_section: str
    short_reference: str
    quoted: str
    copy_markdown: str
    link: str
    link_copied: str
    link_unknown: str
    linked_answer: str
    retry: str
    export: str
    export_docx: str
    export_pdf: str
    export_markdown: str
    export_title: str
    export_made: str
    export_status: str
    export_gone: str
    history: str
    history_none: str
    history_kept: str
    history_memory: str
    history_open: str
    history_delete: str
    history_delete_short: str
    history_delete_all: str
    history_confirm: str
    history_confirm_all: str
    history_confirm_yes: str
    history_cancel: str
    feedback_ask: str
    feedback_yes: str
    feedback_no: str
    feedback_why: str
    feedback_comment: str
    feedback_comment_hint: str
    feedback_send: str
    feedback_useful: str
    feedback_not_useful: str
    feedback_change: str
    feedback_failed: str
    view_page: str
    view_text: str
    view_choice: str
    page_picture: str
    picture_note: str
    quote_in_text: str
    quote_label: str
    quote_changed: str
    zoom_in: str
    zoom_out: str
    open_original: str
    download_original: str
    original_gone: str
    recognised: str
    recognised_unsure: str
    scope_types: str
    scope_documents: str
    scope_filter: str
    feedback_reasons: dict[Reason, str]
    formats: dict[str, str]
    facts: dict[str, str]
    document_types: dict[str, str]
    library: LibraryTexts
    compare: CompareTexts
    signing_in: SignInTexts

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
