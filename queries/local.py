"""Runs a query of this folder on a copy of the archive, with DuckDB in Athena's place.

    python queries/local.py verify.sql FOLDER PARAMETER...

FOLDER holds objects of the archive, compressed or not. The results are printed as CSV, as Athena saves them.
"""

import csv
import gzip
import json
import pathlib
import sys

import duckdb

HERE = pathlib.Path(__file__).parent
GZIP_MAGIC = b"\x1f\x8b"

# Functions of Trino, by which Athena queries, that DuckDB does not have.
MACROS = """
CREATE MACRO json_parse(text) AS CASE WHEN NOT list_contains(getvariable('no_json'), text) THEN CAST(text AS JSON) END;
CREATE MACRO json_format(value) AS CAST(value AS VARCHAR);
CREATE MACRO regexp_like(text, pattern) AS regexp_matches(text, pattern);
CREATE MACRO from_base(text, radix) AS CAST('0x' || text AS BIGINT);
CREATE MACRO from_unixtime(seconds) AS make_timestamp(CAST(seconds * 1000000 AS BIGINT));
CREATE MACRO from_iso8601_timestamp(text) AS CAST(rtrim(text, 'Z') AS TIMESTAMP);
"""


def is_json(text: str) -> bool:
    """Whether a text is JSON by its standard, about which DuckDB is not strict."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    try:
        json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return False
    return True


def lines(folder: str) -> list[str]:
    """Every line of every object, as Hadoop's TextInputFormat reads them: in UTF-8, up to a newline or a return."""
    found = []
    for file in pathlib.Path(folder).iterdir():
        data = file.read_bytes()
        text = gzip.decompress(data) if data.startswith(GZIP_MAGIC) else data
        # Bytes are split there alone, and a str at more characters.
        found += [line.decode(errors="replace") for line in text.splitlines()]
    return found


def main(query: str, folder: str, *parameters: str) -> None:
    database = duckdb.connect()
    found = lines(folder)
    database.execute("SET VARIABLE no_json = ?::VARCHAR[]", [[line for line in found if not is_json(line)]])
    database.execute(MACROS)
    database.execute("CREATE TABLE likes AS SELECT unnest(?::VARCHAR[]) AS line", [found])
    results = database.execute(HERE.joinpath(query).read_text(), parameters)
    writer = csv.writer(sys.stdout)
    writer.writerow(column[0] for column in results.description)
    writer.writerows(results.fetchall())


if __name__ == "__main__":
    main(*sys.argv[1:])
