"""ARFF, the tables of OpenML and Weka, as CSV with a heading."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from benchmarks.common.errors import BenchError

ATTRIBUTE = re.compile(r"@attribute\s+(?:'((?:[^'\\]|\\.)+)'|\"((?:[^\"\\]|\\.)+)\"|(\S+))\s+\S", re.IGNORECASE)
MAX_HEADER = 1 << 22  # bytes before the rows
QUOTES = (b"'", b'"', b"{", b"%", b"\\")


def as_csv(content: bytes, passed_over: Sequence[str], name: str) -> bytes:
    """Return a dense table without the columns named in ``passed_over``; raises ``BenchError``."""
    header = re.match(rb"(?is)(.*?)^[ \t]*@data[^\n]*\n", content[:MAX_HEADER], re.MULTILINE)
    if not header:
        raise BenchError(f"{name} is not a readable ARFF file: it has no @data")
    lines = header[1].decode("utf-8", "replace").splitlines()
    names = [next(filter(None, found.groups())) for line in lines if (found := ATTRIBUTE.match(line.strip()))]
    kept = [i for i, column in enumerate(names) if column not in passed_over]
    body = content[header.end() :]
    text = io.StringIO(newline="")
    csv.writer(text).writerow([names[i] for i in kept])
    if len(kept) < len(names) or any(quote in body for quote in QUOTES):
        csv.writer(text).writerows(_rows(body, kept, len(names), name))
        return text.getvalue().encode("utf-8", "surrogateescape")
    return text.getvalue().encode() + body


def _rows(body: bytes, kept: Sequence[int], n_columns: int, name: str) -> Iterator[list[str]]:
    lines = (line for line in body.decode("utf-8", "surrogateescape").splitlines() if line.strip() and line[0] != "%")
    quote = '"' if b'"' in body and b"'" not in body else "'"
    try:
        for row in csv.reader(lines, quotechar=quote, escapechar="\\", skipinitialspace=True):
            if row and row[0].startswith("{"):
                raise BenchError(f"{name} is a sparse ARFF file, which is not read")
            if len(row) != n_columns:
                raise BenchError(f"{name}: a row has {len(row)} fields for {n_columns} attributes")
            yield [row[i] for i in kept]
    except csv.Error as error:
        raise BenchError(f"{name} is not a readable ARFF file ({error})") from error
