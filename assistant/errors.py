"""Errors of the assistant package.

AssistantError
├── SettingsError          a setting is unknown or out of bounds
├── ModelError             the language model cannot be set up or fails; says what to install or set
└── ServeError             the chat cannot listen where it was told to; in `assistant.ui_server`
"""


class AssistantError(Exception):
    """Base of everything that the assistant raises. The message says what happened and what to do."""


class SettingsError(AssistantError):
    """A setting is unknown or out of bounds."""


class ModelError(AssistantError):
    """The language model cannot be set up."""
