"""Errors of the evals package.

EvalError
├── QuestionFileError      a question file cannot be used; names file, line and field
├── RetrievalSetError      a retrieval set in BEIR form cannot be used
├── AnswerFileError        the answers of a run cannot be read, or belong to other questions
└── OutputError            the folder for results cannot be written
"""


class EvalError(Exception):
    """Base of everything that an evaluation raises. The message says what happened and what to do."""


class QuestionFileError(EvalError):
    """A question file cannot be used; nothing has been asked and nothing written."""


class RetrievalSetError(EvalError):
    """A retrieval set in BEIR form cannot be used; nothing has been searched and nothing written."""


class AnswerFileError(EvalError):
    """The answers of a run cannot be read, or do not belong to the questions."""


class OutputError(EvalError):
    """The folder for results cannot be written."""
