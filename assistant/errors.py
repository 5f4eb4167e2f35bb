"""Errors of the assistant package.

AssistantError
├── SettingsError          a setting is unknown or out of bounds
├── ModelError             the language model cannot be set up or fails; says what to install or set
├── UploadRefused          a file from a browser has a name or size that is not accepted
├── UsersError             the file of users cannot be read or changed as was asked
├── Cancelled              a job was cancelled while it worked; in `assistant.jobs`
└── ServeError             the chat cannot listen where it was told to; in `assistant.ui_server`
"""


class AssistantError(Exception):
    """Base of everything that the assistant raises. The message says what happened and what to do."""


class SettingsError(AssistantError):
    """A setting is unknown or out of bounds."""


class ModelError(AssistantError):
    """The language model cannot be set up."""


class UploadRefused(AssistantError):
    """A file from a browser has a name or size that is not accepted.

    Attributes:
        outcome: As in `ingest --json`.
    """

    def __init__(self, message: str, outcome: str = "unreadable") -> None:
        super().__init__(message)
        self.outcome = outcome


class UsersError(AssistantError):
    """The file of users cannot be read, or not changed as was asked."""
