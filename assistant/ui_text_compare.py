"""The strings of the compare view and of its exports, in both languages."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompareTexts:
    """Strings in one language. Braces name what is filled in with `str.format`."""

    heading: str
    intro: str
    questions_label: str
    questions_hint: str
    questions_placeholder: str
    subjects_label: str
    organisations: str
    documents: str
    choose_all: str
    choose_none: str
    nothing_to_choose: str
    start: str
    size: str
    faults: dict[str, str]
    question: str
    progress: str
    complete: str
    stopped: str
    stop: str
    resume: str
    delete: str
    earlier: str
    earlier_name: str
    excel: str
    word: str
    waiting: str
    working: str
    not_found: str
    broken: str
    partial: str
    unclear: str
    rest_of_answer: str
    nearest: str
    nearest_name: str
    caption: str
    sheet_grid: str
    sheet_sources: str
    sources: str
    made_on: str
    made_note: str
    columns: dict[str, str]
    page: str
    page_and_section: str
    back: str
    file_name: str


COMPARE_SV = CompareTexts(
    heading="Jämför",
    intro="Ställ samma frågor till flera organisationer eller dokument. Varje ruta får ett kort svar med källa, eller "
    "beskedet att det inte framgår.",
    questions_label="Frågor",
    questions_hint="En fråga per rad, högst {most}.",
    questions_placeholder="Vad är syftet med det internationella arbetet?\nVilka nätverk är organisationen med i?",
    subjects_label="Jämför mellan",
    organisations="Organisationer",
    documents="Dokument",
    choose_all="Välj alla",
    choose_none="Välj inga",
    nothing_to_choose="Det finns inget att välja ännu.",
    start="Jämför",
    size="{questions} × {subjects} = {cells} rutor",
    faults={
        "no_questions": "Skriv minst en fråga.",
        "no_subjects": "Välj minst en organisation eller ett dokument.",
        "many_questions": "Ställ högst {limit} frågor åt gången.",
        "many_subjects": "Välj högst {limit} organisationer eller dokument.",
        "many_cells": "Jämförelsen får ha högst {limit} rutor. Ta bort några frågor eller val.",
        "long_question": "En fråga får ha högst {limit} tecken.",
    },
    question="Fråga",
    progress="{done} av {total} rutor är klara",
    complete="Jämförelsen är klar: {found} av {total} rutor har svar",
    stopped="Stoppad: {done} av {total} rutor är klara",
    stop="Stoppa",
    resume="Fortsätt",
    delete="Ta bort jämförelsen",
    earlier="Tidigare jämförelser",
    earlier_name="{questions} × {subjects}, {date}",
    excel="Hämta som Excel",
    word="Hämta som Word",
    waiting="Väntar",
    working="Söker",
    not_found="Framgår inte",
    broken="Misslyckades",
    partial="Delvis",
    unclear="Frågan behöver förtydligas",
    rest_of_answer="Resten av svaret",
    nearest="Närmast",
    nearest_name="Närmast i dokumenten: {place}",
    caption="Svar per fråga och organisation eller dokument",
    sheet_grid="Jämförelse",
    sheet_sources="Källor",
    sources="Källor",
    made_on="Framtagen med Utblick {date}.",
    made_note="Svaren är hämtade ur dokumenten. Siffror inom hakparentes leder till källan.",
    columns={
        "number": "Nr",
        "organisation": "Organisation",
        "document": "Dokument",
        "page": "Sida",
        "section": "Avsnitt",
        "quote": "Citat",
        "address": "Adress eller fil",
    },
    page="s. {page}",
    page_and_section="s. {page}, {section}",
    back="tillbaka till svaret",
    file_name="jamforelse",
)
COMPARE_EN = CompareTexts(
    heading="Compare",
    intro="Put the same questions to several organisations or documents. Each cell gets a short answer with its "
    "source, or says that it is not stated.",
    questions_label="Questions",
    questions_hint="One question a line, at most {most}.",
    questions_placeholder="What is the purpose of the international work?\nWhich networks is the organisation in?",
    subjects_label="Compare between",
    organisations="Organisations",
    documents="Documents",
    choose_all="Choose all",
    choose_none="Choose none",
    nothing_to_choose="There is nothing to choose yet.",
    start="Compare",
    size="{questions} × {subjects} = {cells} cells",
    faults={
        "no_questions": "Write at least one question.",
        "no_subjects": "Choose at least one organisation or document.",
        "many_questions": "Ask at most {limit} questions at a time.",
        "many_subjects": "Choose at most {limit} organisations or documents.",
        "many_cells": "The comparison may have {limit} cells. Take away some questions or choices.",
        "long_question": "A question may have {limit} characters.",
    },
    question="Question",
    progress="{done} of {total} cells are done",
    complete="The comparison is done: {found} of {total} cells have an answer",
    stopped="Stopped: {done} of {total} cells are done",
    stop="Stop",
    resume="Go on",
    delete="Remove the comparison",
    earlier="Earlier comparisons",
    earlier_name="{questions} × {subjects}, {date}",
    excel="Download for Excel",
    word="Download for Word",
    waiting="Waiting",
    working="Searching",
    not_found="Not stated",
    broken="Failed",
    partial="Partly",
    unclear="The question needs clarification",
    rest_of_answer="The rest of the answer",
    nearest="Nearest",
    nearest_name="Nearest in the documents: {place}",
    caption="Answers by question and organisation or document",
    sheet_grid="Comparison",
    sheet_sources="Sources",
    sources="Sources",
    made_on="Made with Utblick {date}.",
    made_note="The answers are taken from the documents. Numbers in brackets lead to the source.",
    columns={
        "number": "No.",
        "organisation": "Organisation",
        "document": "Document",
        "page": "Page",
        "section": "Section",
        "quote": "Quote",
        "address": "Address or file",
    },
    page="p. {page}",
    page_and_section="p. {page}, {section}",
    back="back to the answer",
    file_name="comparison",
)
