"""Runs one of this folder's queries on a copy of the archive, with DuckDB instead of Athena.

    python queries/local.py QUERY FOLDER PARAMETER...

QUERY is likes.sql, or a query of its results such as verify.sql. FOLDER contains objects of the archive, compressed or
not. Prints the results as CSV, as Athena saves them.
"""

import csv
import gzip
import pathlib
import re
import sys

import duckdb

HERE = pathlib.Path(__file__).parent
GZIP_MAGIC = b"\x1f\x8b"

# Athena's functions that DuckDB lacks. Unlike Athena, DuckDB accepts JSON with trailing commas, NaN and Infinity.
FUNCTIONS = r"""
CREATE MACRO json_parse(text) AS json(
  CASE
    WHEN regexp_matches(regexp_replace(text, '"(\\.|[^"\\])*"', '""', 'g'), '(?i),\s*[\]}]|nan|inf') THEN 'not JSON'
    ELSE text
  END
);
CREATE MACRO json_format(json) AS CAST(json AS VARCHAR);
CREATE MACRO json_extract_scalar(json, path) AS json_extract_string(json, path);
CREATE MACRO regexp_like(text, pattern) AS regexp_matches(text, pattern);
CREATE MACRO from_base(digits, base) AS CASE base WHEN 16 THEN CAST('0x' || digits AS BIGINT) END;
CREATE MACRO from_unixtime(seconds) AS make_timestamp(CAST(round(seconds * 1000) AS BIGINT) * 1000);
CREATE MACRO from_iso8601_timestamp(text) AS CAST(text AS TIMESTAMP);
"""


def lines(folder: str) -> list[str]:
    """Every line of every object, as Athena's TextInputFormat and RegexSerDe return them."""
    found = []
    for file in sorted(pathlib.Path(folder).iterdir()):
        data = file.read_bytes()
        text = gzip.decompress(data) if data.startswith(GZIP_MAGIC) else data
        found += re.split("\r\n|\r|\n", text.removeprefix(b"\xef\xbb\xbf").decode(errors="replace"))
    return found


def statement(query: str) -> str:
    """The query that the Pulumi program saves in Athena."""
    likes = HERE.joinpath("likes.sql").read_text()
    return likes if query == "likes.sql" else f"WITH likes AS (\n{likes}\n)\n{HERE.joinpath(query).read_text()}"


def main(query: str, folder: str, *parameters: str) -> None:
    database = duckdb.connect()
    database.execute(FUNCTIONS)
    database.execute("CREATE TABLE lines AS SELECT '' AS day, unnest(?) AS line", [lines(folder)])
    results = database.execute(statement(query), parameters)
    writer = csv.writer(sys.stdout)
    writer.writerow(column[0] for column in results.description)
    writer.writerows(results.fetchall())


if __name__ == "__main__":
    main(*sys.argv[1:])
