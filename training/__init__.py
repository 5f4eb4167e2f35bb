"""Train the reader that ships in `vectorstore/reader.onnx`: `make reader`.

    prepare -> train -> export -> measure

The data lies beside the project, not in it (see `docs/reader.md`). Not part of the installed packages.
"""
