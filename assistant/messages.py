"""What the assistant says in its own words, in both languages."""

_MESSAGES = {
    "empty_question": {
        "sv": "Skriv en fråga med ord, till exempel: Vilka nätverk är staden medlem i?",
        "en": "Write a question in words, for example: Which networks is the city a member of?",
    },
    "long_question": {
        "sv": "Frågan är för lång. Korta ner den till högst {limit} tecken och ställ en sak i taget.",
        "en": "The question is too long. Shorten it to at most {limit} characters and ask one thing at a time.",
    },
    "unclear_question": {
        "sv": "Vad gäller frågan? Nämn det som du undrar över, till exempel: Vilka nätverk är staden medlem i?",
        "en": "What is the question about? Name it, for example: Which networks is the city a member of?",
    },
    "about_assistant": {
        "sv": "Jag svarar på frågor om dokumenten här, med källa till varje mening, och säger till när de inte ger "
        "svar. Fråga till exempel: Vilka nätverk är staden medlem i?",
        "en": "I answer questions about the documents here, with a source for every sentence, and say when they hold "
        "no answer. Ask for example: Which networks is the city a member of?",
    },
    "empty_store": {
        "sv": "Det finns inga dokument att söka i ännu. Lägg till dokument och ställ frågan igen.",
        "en": "There are no documents to search yet. Add documents and ask again.",
    },
    "nothing_in_scope": {
        "sv": "Inget dokument ryms i det urval som är valt. Ta bort en begränsning och ställ frågan igen.",
        "en": "No document is within the chosen scope. Remove a limit and ask again.",
    },
    "not_found": {
        "sv": "Det framgår inte av de {count} dokument som söktes igenom. Närmast kommer:",
        "en": "The {count} documents that were searched do not say. The nearest passage is:",
    },
    "no_document_from": {
        "sv": "Inget dokument här är från {name}.",
        "en": "No document here is from {name}.",
    },
    "model_failed": {
        "sv": "Språkmodellen svarade inte.",
        "en": "The language model did not answer.",
    },
    "own_sentences": {
        "sv": "Svaret är sammanställt av dokumentens egna meningar:",
        "en": "This answer is composed of the documents' own sentences:",
    },
}


def message(key: str, language: str, **values: object) -> str:
    """One of the assistant's own messages.

    Args:
        key: Which.
        language: `sv` or `en`.
        **values: What is filled in.
    """
    return _MESSAGES[key][language].format(**values)
