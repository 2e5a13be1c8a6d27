"""The Parquet files of these tests, as the usual programs write them without being told how.

    python -m venv venv && venv/bin/pip install pyarrow pandas polars duckdb
    venv/bin/python crates/cli/tests/parquet/make.py

Nothing here is anybody's data. Made with pyarrow 26.0.1, pandas 3.1, polars 2.1 and DuckDB 2.0.
"""

import datetime
import decimal
import pathlib

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.parquet

HERE = pathlib.Path(__file__).parent
IDS = ["alice", "bob", "carol, the third", 'dave "d"', "erin"]
CAPS = [10**18 + 1, 0, 7, None, 2**62]
PARTS = [0.1, 1e-7, -2.5, None, 123456.789]
EXACT = [decimal.Decimal(text) for text in ["0.01", "1.50", "99999999999999999999.99", "-3", "7"]]


def table():
    day = datetime.datetime(2025, 10, 10, 21, 15)
    at = [day + datetime.timedelta(milliseconds=15 * step) for step in range(5)]
    return pyarrow.table({
        "id": IDS,
        "cap": pyarrow.array(CAPS, pyarrow.int64()),
        "part": pyarrow.array(PARTS, pyarrow.float64()),
        "exact": pyarrow.array(EXACT, pyarrow.decimal128(38, 2)),
        "at": pyarrow.array(at, pyarrow.timestamp("us")),
        "on": pyarrow.array([stamp.date() for stamp in at], pyarrow.date32()),
        "long": pyarrow.array([True, False, None, True, True], pyarrow.bool_()),
        "large": pyarrow.array([2**64 - 1, 0, None, 1, 2], pyarrow.uint64()),
    })


def path(name):
    return str(HERE / f"{name}.parquet")


def main():
    all_of = table()
    pyarrow.parquet.write_table(all_of, path("pyarrow"))
    for codec in ["none", "zstd"]:
        pyarrow.parquet.write_table(all_of, path(f"pyarrow-{codec}"), compression=codec)
    plain = dict(use_dictionary=False, data_page_version="2.0", row_group_size=2)
    pyarrow.parquet.write_table(all_of, path("pyarrow-v2"), version="1.0", **plain)
    deltas = {"cap": "DELTA_BINARY_PACKED", "id": "DELTA_LENGTH_BYTE_ARRAY"}
    pyarrow.parquet.write_table(
        all_of, path("pyarrow-delta"), use_dictionary=False, column_encoding=deltas)
    all_of.to_pandas().to_parquet(path("pandas"))
    polars.from_arrow(all_of).write_parquet(path("polars"))
    connection = duckdb.connect()
    connection.register("all_of", all_of)
    connection.sql(f"copy all_of to '{path('duckdb')}' (format parquet)")
    connection.sql(f"copy all_of to '{path('duckdb-v2')}' (format parquet, parquet_version v2)")
    # Of many rows, whose levels, places and deltas are packed and run.
    many = pyarrow.table({
        "id": [f"account-{row:05}" for row in range(3_000)],
        "cap": pyarrow.array(
            [None if row % 7 == 3 else row * row for row in range(3_000)], pyarrow.int64()),
        "class": pyarrow.array([row // 1_000 for row in range(3_000)], pyarrow.int32()),
        "side": [["long", "short", "flat"][row % 3] for row in range(3_000)],
    })
    pyarrow.parquet.write_table(
        many, path("many-delta"), use_dictionary=["side", "class"], compression="zstd",
        column_encoding={"cap": "DELTA_BINARY_PACKED", "id": "DELTA_LENGTH_BYTE_ARRAY"})
    polars.from_arrow(many).write_parquet(path("many-polars"))
    connection.register("many", many)
    connection.sql(f"copy many to '{path('many-duckdb')}' (format parquet)")
    # What is not read.
    nested = pyarrow.table({"id": ["alice"], "legs": [[1, 2]]})
    pyarrow.parquet.write_table(nested, path("nested"))
    for codec in ["gzip", "brotli", "lz4"]:
        pyarrow.parquet.write_table(nested.select(["id"]), path(codec), compression=codec)
    pyarrow.parquet.write_table(
        pyarrow.table({"at": pyarrow.array([1], pyarrow.timestamp("ns"))}), path("int96"),
        use_deprecated_int96_timestamps=True)


main()
