"""Errors of the evals package.

EvalError
├── QuestionFileError      a question file cannot be used; names file, line and field
├── RetrievalSetError      a retrieval set in BEIR form cannot be used
├── AnswerFileError        the answers of a run cannot be read, or belong to other questions
├── WorkerError            the processes that answer questions cannot do so
├── RunsDiffer             two runs cannot be compared: other questions, or no results
├── RuleError              a rule of a gate cannot be read, or names no measure
├── JudgeError             a language model cannot judge, or its judgement cannot be read
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


class WorkerError(EvalError):
    """The processes that answer questions cannot do so."""


class RunsDiffer(EvalError):
    """Two runs cannot be compared: they share no question, or one of them has no results."""


class RuleError(EvalError):
    """A rule of a gate cannot be read, or names a measure that there is not."""


class JudgeError(EvalError):
    """A language model cannot judge, or what it says cannot be read."""


class OutputError(EvalError):
    """The folder for results cannot be written."""
