"""Scores a table of posts on Spark: Parquet in, Parquet out.

On one machine::

    python docs/how-to/spark_job.py posts.parquet scored --master 'local[2]' --partitions 8

On a cluster, ``--master`` is left to spark-submit::

    spark-submit spark_job.py s3a://posts/2026 s3a://scored/2026 --partitions 60000 --scores-only
"""

from __future__ import annotations

import argparse

from claimcheck.bulk.core import Options
from claimcheck.spark import score, session


def main() -> None:
    """Read, score, write; Spark refuses to write over an output that is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--partitions", type=int, help="as they lie in the files if not given")
    parser.add_argument("--text-column", default="text")
    parser.add_argument("--id-column", default="id")
    parser.add_argument("--scores-only", action="store_true", help="leave out the reports")
    parser.add_argument("--master", help="only without spark-submit, as local[2]")
    chosen = parser.parse_args()

    spark = session(name="claimcheck", master=chosen.master)
    scored = score(
        spark.read.parquet(chosen.input),
        text_column=chosen.text_column,
        id_column=chosen.id_column,
        options=Options(reports=not chosen.scores_only),
        partitions=chosen.partitions,
    )
    scored.write.parquet(chosen.output)
    spark.stop()


if __name__ == "__main__":
    main()
