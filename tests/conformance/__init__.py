"""The conformance run over the manual: numbered cases through the API on a paper terminal.

`python -m tests.conformance` prints them as a table with a pass or fail;
`pytest tests/conformance` runs the same cases.
"""
