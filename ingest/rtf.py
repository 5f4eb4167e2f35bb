"""Read the control words of rich text: paragraphs with their formatting, rows of tables, styles and properties.

Source: Rich Text Format Specification, version 1.9.1 (Microsoft, 2008).
"""

import codecs
import re
from dataclasses import dataclass, field, replace

_TOKEN = re.compile(
    rb"\\(?:([a-zA-Z]{1,32})(-?\d{1,10})? ?|'([0-9a-fA-F]{2})|([^a-zA-Z]))|([{}])|([^\\{}\r\n]+)|[\r\n]+"
)
_CHARACTERS = {
    "tab": "\t", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ", "softline": " ",
}  # fmt: skip
_SIGNS = {"~": "\u00a0", "_": "-", "{": "{", "}": "}", "\\": "\\"}
_CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 134: "cp936", 136: "cp950", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
    255: "cp850",
}  # fmt: skip
_SYMBOLS = 2
_SKIPPED = frozenset(
    "colortbl pict object nonshppict header headerl headerr headerf footer footerl footerr footerf footnote annotation "
    "fldinst xe tc txe rxe themedata datastore sp shprslt ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn pntxta pntxtb "
    "listtable listoverridetable revtbl do template generator listtext pntext".split()
)
_NO_TEXT = frozenset("skipped starred fonttbl stylesheet info".split())
_READ_STARRED = frozenset("shpinst pn nesttableprops".split())
_PROPERTIES = frozenset("title author company".split())


@dataclass(slots=True)
class Style:
    """What is said of a paragraph, or an entry of the style sheet.

    Attributes:
        number: Number of the style: that of the paragraph, or the entry's own.
        outline: Outline level from 0; 9 for body text.
        listed: Whether it is numbered or bulleted.
        level: Depth in the list from 0.
        based_on: Entries: number of the style that it is based on.
        name: Entries: the style's name.
    """

    number: int = 0
    outline: int = 9
    listed: bool = False
    level: int = 0
    based_on: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph outside tables, with tabs and line breaks as such."""

    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Attributes:
        cells: The paragraphs of each cell.
        merges: For each cell `clmrg` where it is merged with the one before, `clvmrg` with the one above, else "".
        header: Whether it is marked as a header.
    """

    cells: tuple[str, ...]
    merges: tuple[str, ...]
    header: bool


@dataclass(slots=True)
class _State:
    """What holds until the end of a group."""

    destination: str = "text"
    unicode_skip: int = 1
    font: int = -1
    hidden: bool = False
    in_table: bool = False
    style: Style = field(default_factory=Style)


class RtfReader:
    """Reads a file once.

    Attributes:
        content: Paragraphs and rows in order.
        styles: The style sheet's entries by number.
        properties: `title`, `author` and `company` as far as they are stated.
    """

    def __init__(self) -> None:
        self.content: list[Paragraph | Row] = []
        self.styles: dict[int, Style] = {}
        self.properties: dict[str, str] = {}
        self._state = _State()
        self._groups: list[_State] = []
        self._codepage = "cp1252"
        self._fonts: dict[int, str | None] = {}
        self._font = -1
        self._entry = Style()
        self._text: list[str] = []
        self._bytes = bytearray()
        self._outer: list[list[str]] = []
        self._to_skip = 0
        self._cells: list[str] = []
        self._cell: list[str] = []
        self._merges: list[str] = []
        self._merge = ""
        self._header = False

    def read(self, content: bytes) -> bool:
        """Read a file; whether it is complete."""
        position, ended = 0, False
        while not ended and (match := _TOKEN.match(content, position)):
            position = match.end()
            word, number, code, sign, brace, text = match.groups()
            if brace == b"{":
                self._begin_group()
            elif brace:
                self._end_group()
                ended = not self._groups
            elif word == b"bin":
                position += max(0, int(number or 0))
            elif word:
                self._read_word(word.decode("ascii"), int(number) if number else None)
            elif code:
                self._add_bytes(bytes.fromhex(code.decode("ascii")))
            elif sign:
                self._read_sign(sign.decode("latin-1"))
            elif text:
                self._add_bytes(text)
        self._end_paragraph()
        if any(self._cells) or any(self._cell):
            self._end_cell()
            self._end_row()
        return ended

    def _begin_group(self) -> None:
        self._decode()
        self._to_skip = 0
        self._groups.append(self._state)
        self._state = replace(self._state, style=replace(self._state.style))

    def _end_group(self) -> None:
        self._decode()
        self._to_skip = 0
        if not self._groups:
            return
        ended, self._state = self._state.destination, self._groups.pop()
        if ended == self._state.destination:
            return
        if ended == "style":
            self._entry.name = self._taken().strip().rstrip(";")
            self.styles[self._entry.number] = self._entry
        elif ended in _PROPERTIES:
            self.properties[ended] = self._taken()
        elif ended == "box":
            self._end_paragraph()
            self._text = self._outer.pop()

    def _read_sign(self, sign: str) -> None:
        if sign == "*":
            self._state.destination = "starred"
        elif sign in "\r\n":
            self._end_paragraph()
        elif sign in _SIGNS:
            self._add(_SIGNS[sign])

    def _read_word(self, word: str, number: int | None) -> None:
        self._to_skip = 0
        state = self._state
        if state.destination == "starred" and self._groups:
            state.destination = self._groups[-1].destination if word in _READ_STARRED else "skipped"
        if word in ("listtext", "pntext", "pnlvlblt", "pnlvlbody") and self._groups:
            self._groups[-1].style.listed = True
        if state.destination == "skipped":
            return
        if word in _CHARACTERS:
            self._add(_CHARACTERS[word])
        elif word == "u" and number is not None:
            self._add(chr(number % 0x10000))
            self._to_skip = state.unicode_skip
        elif word == "uc":
            state.unicode_skip = max(0, number or 0)
        elif word == "ansicpg" and number:
            self._codepage = _codec(f"cp{number}")
        elif word == "mac":
            self._codepage = "mac_roman"
        elif not self._begin_destination(word):
            if state.destination == "fonttbl":
                self._read_font(word, number)
            elif state.destination == "style":
                _read_style(self._entry, word, number)
            else:
                self._read_format(word, number)

    def _begin_destination(self, word: str) -> bool:
        """Whether a word tells what its group is for."""
        state = self._state
        if word in _SKIPPED:
            state.destination = "skipped"
        elif word in ("fonttbl", "stylesheet", "info"):
            state.destination = word
        elif word == "shptxt":
            state.destination = "box"
            self._outer.append(self._text)
            self._text = []
        elif state.destination == "info":
            state.destination = word if word in _PROPERTIES else "skipped"
            self._text = []
        elif state.destination == "stylesheet":
            state.destination = "style"
            self._entry = Style()
            self._text = []
            return False
        else:
            return False
        return True

    def _read_font(self, word: str, number: int | None) -> None:
        if word == "f":
            self._font = number or 0
            self._fonts[self._font] = self._codepage
        elif word == "fcharset" and number:
            self._fonts[self._font] = None if number == _SYMBOLS else _codec(_CHARSETS.get(number, self._codepage))

    def _read_format(self, word: str, number: int | None) -> None:
        """Read what is said of the text that follows."""
        state = self._state
        match word:
            case "par" | "sect" | "page":
                self._end_paragraph()
            case "cell":
                self._end_cell()
            case "nestcell" | "nestrow":
                self._add("\n")
            case "row":
                self._end_row()
            case "pard":
                state.style, state.in_table = Style(), False
            case "plain":
                state.hidden = False
            case "intbl":
                state.in_table = True
            case "trowd":
                self._merges, self._merge, self._header = [], "", False
            case "trhdr":
                self._header = True
            case "clvmrg" | "clmrg":
                self._merge = word
            case "cellx":
                self._merges.append(self._merge)
                self._merge = ""
            case "f":
                self._decode()
                state.font = number or 0
            case "v" | "deleted":
                self._decode()
                state.hidden = number != 0
            case _:
                _read_style(state.style, word, number)

    def _add(self, text: str) -> None:
        self._decode()
        if not self._state.hidden and self._state.destination not in _NO_TEXT:
            self._text.append(text)

    def _add_bytes(self, text: bytes) -> None:
        skipped = min(self._to_skip, len(text))
        self._to_skip -= skipped
        if not self._state.hidden and self._state.destination not in _NO_TEXT:
            self._bytes += text[skipped:]

    def _decode(self) -> None:
        """Characters of the bytes read so far, in the encoding of their font."""
        if not self._bytes:
            return
        encoding = self._fonts.get(self._state.font, self._codepage)
        if encoding:
            self._text.append(self._bytes.decode(encoding, errors="replace"))
        else:  # fonts of symbols have no letters; what they draw in running text are bullets
            self._text.append("•" if self._bytes.strip() else " ")
        self._bytes.clear()

    def _taken(self) -> str:
        """The text read so far, which is then forgotten."""
        self._decode()
        text = "".join(self._text)
        self._text = []
        return text.encode("utf-16", "surrogatepass").decode("utf-16", errors="replace")

    def _end_paragraph(self) -> None:
        text = self._taken()
        if self._state.in_table and not self._outer:
            self._cell.append(text)
        elif text.strip():
            self.content.append(Paragraph(text, replace(self._state.style)))

    def _end_cell(self) -> None:
        self._cells.append("\n".join([*self._cell, self._taken()]))
        self._cell = []

    def _end_row(self) -> None:
        self.content.append(Row(tuple(self._cells), tuple(self._merges), self._header))
        self._cells = []


def _read_style(style: Style, word: str, number: int | None) -> None:
    match word:
        case "s":
            style.number = number or 0
        case "cs" | "ts" | "ds":
            style.number = style.number or -1
        case "sbasedon":
            style.based_on = number
        case "outlinelevel":
            style.outline = number or 0
        case "ls":
            style.listed = bool(number)
        case "ilvl":
            style.level = number or 0


def _codec(name: str) -> str:
    """An encoding that Python knows."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        return "cp1252"
