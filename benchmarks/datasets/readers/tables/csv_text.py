"""The fields of a CSV file, whichever program wrote it: encoding, delimiter, decimal commas."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from benchmarks.common.errors import BenchError, short_message
from benchmarks.datasets.readers.archives.data_path import DataPath
from benchmarks.datasets.readers.raw_images import check_number

LONGEST_LINE = 1 << 24  # characters: an image of 2000 by 2000
COMMA = ","
OTHERS = ("\t", ";")  # of Excel, where the comma is the decimal one
TOLD = re.compile(r'"?sep=([,;\t|])"?')  # a first line that tells Excel the delimiter


@dataclass(frozen=True)
class CsvText:
    """The content of a file, its encoding and its delimiter. ``n_before``: lines that only tell Excel this."""

    path: DataPath
    content: bytes
    encoding: str
    delimiter: str
    n_before: int = 0

    @classmethod
    def of(cls, content: bytes, path: DataPath) -> CsvText:
        """Return what the beginning of a file says of the rest; raises ``BenchError`` if it cannot be read."""
        has_mark = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        encoding = "utf-16" if has_mark else "utf-8-sig"
        found = cls(path, content, encoding, COMMA)
        first = next(found._lines(), "")
        if told := TOLD.fullmatch(first.rstrip("\r\n")):
            return cls(path, content, encoding, told[1], n_before=1)
        return cls(path, content, encoding, next(filter(partial(_delimits, first), OTHERS), COMMA))

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number and the fields of each line; raises ``BenchError``.

        Where fields are not delimited by commas, one comma in a number is its decimal point.
        """
        reader = csv.reader(islice(self._lines(), self.n_before, None), delimiter=self.delimiter)
        try:
            for row in reader:
                if row:
                    fields = row if self.delimiter == COMMA else [_with_point(field) for field in row]
                    yield reader.line_num + self.n_before, fields
        except csv.Error as error:
            raise BenchError(f"{self.path} is not a readable CSV file ({short_message(error)})") from error

    def _lines(self) -> Iterator[str]:
        """Yield the lines; raises ``BenchError`` for one that is too long, or too many, or another encoding."""
        stream = io.TextIOWrapper(io.BytesIO(self.content), self.encoding, newline="")
        try:
            for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE + 1), ""), 1):
                if len(line) > LONGEST_LINE:
                    raise BenchError(f"{self.path}: line {number} has more than {LONGEST_LINE:,} characters")
                check_number(number - 1, str(self.path))
                yield line
        except UnicodeError as error:
            raise BenchError(
                f"{self.path} is not a readable CSV file ({short_message(error)[:120]}); save it as UTF-8"
            ) from error


def _delimits(line: str, delimiter: str) -> bool:
    """Return whether a line is fields with a decimal comma at most."""
    return delimiter in line and all(field.count(COMMA) <= 1 for field in line.split(delimiter))


def _with_point(field: str) -> str:
    return (
        field.replace(",", ".") if field.count(",") == 1 and field.replace(",", "").strip("-+ ").isdecimal() else field
    )
