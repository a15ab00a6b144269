"""Runs a query of this folder on a copy of the archive, with DuckDB in Athena's place.

    python queries/local.py verify.sql FOLDER PARAMETER...

FOLDER holds objects of the archive, compressed or not. The results are printed as CSV, as Athena saves them.
"""

import csv
import gzip
import pathlib
import sys

import duckdb

HERE = pathlib.Path(__file__).parent
COLUMNS = ["like_id", "movie_id", "user_id", "liked_at"]
GZIP_MAGIC = b"\x1f\x8b"


def lines(folder: str) -> list[str]:
    """Every line of every object. What is no text is none of ours, so any encoding will do that takes all bytes."""
    found = []
    for file in pathlib.Path(folder).iterdir():
        data = file.read_bytes()
        text = gzip.decompress(data) if data.startswith(GZIP_MAGIC) else data
        found += text.decode("latin-1").removesuffix("\n").split("\n")
    return found


def main(query: str, folder: str, *parameters: str) -> None:
    database = duckdb.connect()
    # A row for each line, with empty columns when the pattern does not fit all of it: so does Athena's RegexSerDe.
    pattern = HERE.joinpath("likes.regex").read_text().strip()
    columns = ", ".join(f"nullif(found.{column}, '') AS {column}" for column in COLUMNS)
    database.execute(
        f"""
        CREATE TABLE likes AS
        SELECT {columns}
        FROM (SELECT regexp_extract(unnest(?), '(?s)^(?:{pattern})$', {COLUMNS}) AS found)
        """,
        [lines(folder)],
    )
    results = database.execute(HERE.joinpath(query).read_text(), parameters)
    writer = csv.writer(sys.stdout)
    writer.writerow(column[0] for column in results.description)
    writer.writerows(results.fetchall())


if __name__ == "__main__":
    main(*sys.argv[1:])
