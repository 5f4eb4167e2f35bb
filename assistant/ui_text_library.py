"""The strings of the library view, in both languages."""

from dataclasses import dataclass

from assistant.job import JobKind, JobState
from vectorstore.outcome import Outcome


@dataclass(frozen=True, slots=True)
class LibraryTexts:
    """Strings in one language. Braces name what is filled in with `str.format`."""

    heading: str
    summary: str
    one_organisation: str
    organisations: str
    summary_empty: str
    read_only: str
    add_heading: str
    drop: str
    choose_files: str
    drop_hint: str
    replace: str
    address_label: str
    address_hint: str
    add_address: str
    address_missing: str
    address_wrong: str
    folders_label: str
    sync: str
    sync_name: str
    sending: str
    sending_done: str
    sending_failed: str
    not_a_file: str
    leaving: str
    refused: str
    too_large: str
    disk_full: str
    not_permitted: str
    jobs_heading: str
    jobs_working: str
    jobs_idle: str
    forget: str
    cancel: str
    cancel_name: str
    more_jobs: str
    kinds: dict[JobKind, str]
    states: dict[JobState, str]
    by: str
    progress: str
    reading: str
    outcomes: dict[Outcome, str]
    explanations: dict[Outcome, str]
    address_unreadable: str
    stored_as: str
    same_as: str
    ready: str
    unchanged: str
    nothing_changed: str
    job_failed: str
    job_broke: str
    unread_pages: str
    details: str
    more_outcomes: str
    filter_label: str
    filter_button: str
    filter_none: str
    filter_found: str
    clear_filter: str
    show_more: str
    columns: dict[str, str]
    searchable: str
    recognised: str
    recognised_pages: str
    sureness: str
    without_text: str
    not_searchable: str
    origins: dict[str, str]
    facts: str
    added: str
    language: str
    languages: dict[str, str]
    remove: str
    remove_name: str
    remove_heading: str
    remove_upload: str
    remove_web: str
    remove_folder: str
    remove_yes: str
    remove_no: str
    failures_heading: str
    failures_intro: str
    open: str


LIBRARY_SV = LibraryTexts(
    heading="Bibliotek",
    summary="{documents} från {organisations}, {pages}. Utblick svarar ur dem alla.",
    one_organisation="1 organisation",
    organisations="{count} organisationer",
    summary_empty="Biblioteket är tomt. Lägg till dokument, så kan Utblick svara ur dem.",
    read_only="Du kan läsa biblioteket men inte ändra det. Den som förvaltar Utblick bestämmer vem som får det.",
    add_heading="Lägg till dokument",
    drop="Släpp filer här",
    choose_files="Välj filer",
    drop_hint="PDF, Word, OpenDocument, PowerPoint, RTF, webbsidor och text. Högst {limit} MB per fil.",
    replace="Ersätt dokument med samma filnamn",
    address_label="Webbadress",
    address_hint="Sidan läses en gång nu. Lägg till adressen igen för att läsa om den.",
    add_address="Hämta sidan",
    address_missing="Skriv en webbadress först.",
    address_wrong="Det är ingen webbadress. Den ska börja med https:// eller http:// och inte innehålla lösenord.",
    folders_label="Mappar på servern",
    sync="Synka",
    sync_name="Synka mappen {folder}",
    sending="Skickar {name}",
    sending_done="{name} är mottagen",
    sending_failed="{name} kom inte fram. Kontrollera förbindelsen och försök igen.",
    not_a_file="{name} är en mapp. Öppna den och välj filerna i den.",
    leaving="Filer skickas fortfarande.",
    refused="{name} kan inte tas emot under det namnet. Döp om filen och försök igen.",
    too_large="{name} är större än {limit} MB. Dela upp filen.",
    disk_full="{name} fick inte plats på servern. Kontakta den som förvaltar Utblick.",
    not_permitted="Du får inte ändra biblioteket.",
    jobs_heading="Pågår och nyss klart",
    jobs_working="{count} pågår",
    jobs_idle="Allt är klart",
    forget="Rensa listan",
    cancel="Avbryt",
    cancel_name="Avbryt: {subject}",
    more_jobs="och {count} till",
    kinds={
        JobKind.UPLOAD: "Fil",
        JobKind.ADDRESS: "Webbsida",
        JobKind.FOLDER: "Mapp",
        JobKind.REMOVAL: "Borttagning",
    },
    states={
        JobState.WAITING: "Väntar på sin tur",
        JobState.WORKING: "Arbetar",
        JobState.HELD_UP: "Väntar på ett annat program som skriver till biblioteket",
        JobState.DONE: "Klart",
        JobState.FAILED: "Misslyckades",
        JobState.CANCELLED: "Avbrutet",
    },
    by="av {name}",
    progress="{done} av {total} filer",
    reading="Läser {name}",
    outcomes={
        Outcome.INGESTED: "Tillagt",
        Outcome.UNCHANGED: "Finns redan",
        Outcome.RENAMED: "Har nytt namn",
        Outcome.DUPLICATE: "Finns redan",
        Outcome.REMOVED: "Borttaget",
        Outcome.NEEDS_OCR: "Har ingen läsbar text",
        Outcome.NEEDS_PASSWORD: "Kräver lösenord",
        Outcome.UNREADABLE: "Går inte att läsa",
        Outcome.UNSUPPORTED: "Filtypen stöds inte",
        Outcome.TOO_LARGE: "För stor",
        Outcome.TIMED_OUT: "Tog för lång tid",
    },
    explanations={
        Outcome.NEEDS_OCR: "Sidorna är bilder, och servern har inget program för texttolkning. Lägg till en version "
        "med text, eller be den som förvaltar Utblick att installera Tesseract.",
        Outcome.NEEDS_PASSWORD: "Spara en kopia utan lösenord och lägg till den.",
        Outcome.UNREADABLE: "Filen är tom eller skadad. Hämta eller exportera den på nytt.",
        Outcome.UNSUPPORTED: "Spara dokumentet som PDF eller Word (.docx) och lägg till det.",
        Outcome.TOO_LARGE: "Filen överskrider en gräns för storlek, sidor eller minne. Dela upp den.",
        Outcome.TIMED_OUT: "Filen tog längre tid att läsa än vad som tillåts. Dela upp den, eller försök igen när "
        "servern har mindre att göra.",
    },
    address_unreadable="Sidan kunde inte hämtas eller innehåller ingen text. Kontrollera adressen.",
    stored_as="Sparades som {name}, eftersom ett annat dokument har samma filnamn.",
    same_as="Samma innehåll som {document}.",
    ready="{pages}. Det går att fråga om dokumentet nu.",
    unchanged="{count} oförändrade",
    nothing_changed="Inget har ändrats.",
    job_failed="Det gick inte att genomföra. Kontakta den som förvaltar Utblick om det upprepas.",
    job_broke="Ett fel inträffade. Kontakta den som förvaltar Utblick och uppge felnummer {reference}.",
    unread_pages="På en del sidor fanns det bilder där ingen text kunde läsas.",
    details="Teknisk beskrivning (på engelska)",
    more_outcomes="och {count} till",
    filter_label="Sök bland dokumenten",
    filter_button="Sök",
    filter_none="Inget dokument stämmer med ”{words}”.",
    filter_found="{count} stämmer med ”{words}”.",
    clear_filter="Visa alla",
    show_more="Visa fler ({count})",
    columns={
        "document": "Dokument",
        "type": "Typ",
        "period": "År",
        "pages": "Sidor",
        "state": "Läge",
        "actions": "Åtgärd",
    },
    searchable="Sökbart",
    recognised="Texttolkat",
    recognised_pages="Texten på {pages} är tolkad ur bilder och kan innehålla fel.",
    sureness="säkerhet {percent} %",
    without_text="{pages} utan läsbar text",
    not_searchable="Inget att söka i",
    origins={"upload": "Uppladdad fil", "web": "Webbsida", "folder": "Fil i mapp på servern"},
    facts="Uppgifter",
    added="Tillagt",
    language="Språk",
    languages={"sv": "svenska", "en": "engelska"},
    remove="Ta bort",
    remove_name="Ta bort {title}",
    remove_heading="Ta bort dokumentet?",
    remove_upload="{title} tas bort ur biblioteket och den uppladdade filen raderas. Det går inte att ångra.",
    remove_web="{title} tas bort ur biblioteket. Sidan går att hämta igen.",
    remove_folder="{title} tas bort ur biblioteket. Filen finns kvar på servern, och dokumentet kommer tillbaka när "
    "mappen synkas.",
    remove_yes="Ta bort",
    remove_no="Behåll",
    failures_heading="Kunde inte läsas",
    failures_intro="Filer i synkade mappar som Utblick inte kan svara ur.",
    open="Läs {title}",
)
LIBRARY_EN = LibraryTexts(
    heading="Library",
    summary="{documents} from {organisations}, {pages}. Utblick answers from all of them.",
    one_organisation="1 organisation",
    organisations="{count} organisations",
    summary_empty="The library is empty. Add documents, and Utblick can answer from them.",
    read_only="You can read the library but not change it. Whoever manages Utblick decides who may.",
    add_heading="Add documents",
    drop="Drop files here",
    choose_files="Choose files",
    drop_hint="PDF, Word, OpenDocument, PowerPoint, RTF, web pages and text. At most {limit} MB a file.",
    replace="Replace documents with the same file name",
    address_label="Web address",
    address_hint="The page is read once now. Add the address again to read it anew.",
    add_address="Fetch the page",
    address_missing="Write a web address first.",
    address_wrong="That is no web address. It must begin with https:// or http:// and hold no password.",
    folders_label="Folders on the server",
    sync="Sync",
    sync_name="Sync the folder {folder}",
    sending="Sending {name}",
    sending_done="{name} has been received",
    sending_failed="{name} did not arrive. Check the connection and try again.",
    not_a_file="{name} is a folder. Open it and choose the files in it.",
    leaving="Files are still being sent.",
    refused="{name} cannot be received under that name. Rename the file and try again.",
    too_large="{name} is larger than {limit} MB. Divide the file.",
    disk_full="There was no room for {name} on the server. Contact whoever manages Utblick.",
    not_permitted="You may not change the library.",
    jobs_heading="Under way and just done",
    jobs_working="{count} under way",
    jobs_idle="All done",
    forget="Clear the list",
    cancel="Cancel",
    cancel_name="Cancel: {subject}",
    more_jobs="and {count} more",
    kinds={
        JobKind.UPLOAD: "File",
        JobKind.ADDRESS: "Web page",
        JobKind.FOLDER: "Folder",
        JobKind.REMOVAL: "Removal",
    },
    states={
        JobState.WAITING: "Waiting for its turn",
        JobState.WORKING: "Working",
        JobState.HELD_UP: "Waiting for another program that is writing to the library",
        JobState.DONE: "Done",
        JobState.FAILED: "Failed",
        JobState.CANCELLED: "Cancelled",
    },
    by="by {name}",
    progress="{done} of {total} files",
    reading="Reading {name}",
    outcomes={
        Outcome.INGESTED: "Added",
        Outcome.UNCHANGED: "Already there",
        Outcome.RENAMED: "Has a new name",
        Outcome.DUPLICATE: "Already there",
        Outcome.REMOVED: "Removed",
        Outcome.NEEDS_OCR: "Has no readable text",
        Outcome.NEEDS_PASSWORD: "Needs a password",
        Outcome.UNREADABLE: "Cannot be read",
        Outcome.UNSUPPORTED: "File type not supported",
        Outcome.TOO_LARGE: "Too large",
        Outcome.TIMED_OUT: "Took too long",
    },
    explanations={
        Outcome.NEEDS_OCR: "The pages are pictures, and the server has no program for text recognition. Add a version "
        "with text, or ask whoever manages Utblick to install Tesseract.",
        Outcome.NEEDS_PASSWORD: "Save a copy without a password and add that.",
        Outcome.UNREADABLE: "The file is empty or damaged. Fetch or export it anew.",
        Outcome.UNSUPPORTED: "Save the document as PDF or Word (.docx) and add that.",
        Outcome.TOO_LARGE: "The file exceeds a limit of size, pages or memory. Divide it.",
        Outcome.TIMED_OUT: "The file took longer to read than is permitted. Divide it, or try again when the server "
        "has less to do.",
    },
    address_unreadable="The page could not be fetched or holds no text. Check the address.",
    stored_as="Stored as {name}, because another document has the same file name.",
    same_as="Same content as {document}.",
    ready="{pages}. You can ask about the document now.",
    unchanged="{count} unchanged",
    nothing_changed="Nothing has changed.",
    job_failed="It could not be done. Contact whoever manages Utblick if it happens again.",
    job_broke="An error occurred. Contact whoever manages Utblick and give error number {reference}.",
    unread_pages="Some pages hold pictures in which no text could be read.",
    details="Technical description",
    more_outcomes="and {count} more",
    filter_label="Search among the documents",
    filter_button="Search",
    filter_none="No document matches “{words}”.",
    filter_found="{count} match “{words}”.",
    clear_filter="Show all",
    show_more="Show more ({count})",
    columns={
        "document": "Document",
        "type": "Type",
        "period": "Year",
        "pages": "Pages",
        "state": "State",
        "actions": "Action",
    },
    searchable="Searchable",
    recognised="Recognised text",
    recognised_pages="The text of {pages} was recognised in pictures and may hold errors.",
    sureness="confidence {percent} %",
    without_text="{pages} without readable text",
    not_searchable="Nothing to search in",
    origins={"upload": "Uploaded file", "web": "Web page", "folder": "File in a folder on the server"},
    facts="Facts",
    added="Added",
    language="Language",
    languages={"sv": "Swedish", "en": "English"},
    remove="Remove",
    remove_name="Remove {title}",
    remove_heading="Remove the document?",
    remove_upload="{title} is removed from the library and the uploaded file is deleted. This cannot be undone.",
    remove_web="{title} is removed from the library. The page can be fetched again.",
    remove_folder="{title} is removed from the library. The file stays on the server, and the document returns when "
    "the folder is synced.",
    remove_yes="Remove",
    remove_no="Keep",
    failures_heading="Could not be read",
    failures_intro="Files in synced folders that Utblick cannot answer from.",
    open="Read {title}",
)
