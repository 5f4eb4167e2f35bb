"""Errors of the ingest package.

IngestError
├── UnsupportedFormat      the type cannot be read; says what to convert to
├── UnreadableFile         damaged, empty or not what it claims; a web page that does not come
│   └── PageGone           the server says that there is no page at the address
├── NeedsPassword          encrypted; `--password` opens it
├── NeedsOcr               pages are pictures without a text layer
├── TooLarge               over a configured limit
├── TimedOut               reading took longer than allowed; in `ingest.worker`
└── OverridesError         a `documents.toml` cannot be used; names file, section and key; in `ingest.overrides`
"""


class IngestError(Exception):
    """Base of everything that reading a file raises. The message says what happened and what to do."""

    outcome = "unreadable"


class UnsupportedFormat(IngestError):
    """The file's type cannot be read."""

    outcome = "unsupported"


class UnreadableFile(IngestError):
    """The file is damaged, empty or not what it claims to be."""

    outcome = "unreadable"


class PageGone(UnreadableFile):
    """The server says that there is no page at the address, any more or at all."""


class NeedsPassword(IngestError):
    """The file is encrypted and the password given, if any, does not open it."""

    outcome = "needs_password"


class NeedsOcr(IngestError):
    """No page of the file has a text layer."""

    outcome = "needs_ocr"


class TooLarge(IngestError):
    """The file exceeds a limit."""

    outcome = "too_large"
