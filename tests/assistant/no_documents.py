"""An assistant without documents, for tests of what serves one."""


class Nothing:
    """Answers nothing."""

    def stream(self, question, history=(), scope=None):
        return iter(())

    def documents(self):
        return []

    def document(self, document_id):
        raise KeyError(document_id)
