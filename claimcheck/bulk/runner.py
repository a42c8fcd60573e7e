"""A whole run: worker processes, one a core, fed with shards and watched.

The process that runs this reads the input and hands out shards; each worker
loads the checker once, scores a shard and writes its part.  A worker that dies
is replaced and its shard given out again; a shard that kills its worker three
times is set aside as bad rows, so that one text cannot stop a run.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path

from claimcheck.bulk.core import Options, TextChecker, score_batches
from claimcheck.bulk.parts import (
    assemble,
    assemble_bad,
    bad_path,
    part_path,
    require_writable,
    write_bad,
    write_part,
)
from claimcheck.bulk.records import BadRow, Columns, Format, Source, as_batch
from claimcheck.bulk.shards import ROWS, Done, Manifest, Shard, cut, plan
from claimcheck.errors import InputError
from claimcheck.types import Versions

_TRIES = 3
_AHEAD = 2  # shards in hand for each worker: one that it reads, one that waits
_WATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """One run over one input.

    Attributes:
        source: what is read.
        output: where the scored rows go; its name tells the format.
        format: that format.
        columns: where text and id stand in the input.
        options: how texts are checked.
        workers: processes; 0 scores in this process.
        load: returns the checker; called once in each worker, so it must be a function of a module.
        versions: those of that checker.
        shard_rows: most rows that are lost with a worker.
    """

    source: Source
    output: Path
    format: Format
    columns: Columns
    options: Options
    workers: int
    load: Callable[[], TextChecker]
    versions: Versions
    shard_rows: int = ROWS

    @property
    def folder(self) -> Path:
        """Where the parts and the manifest lie until the run is over."""
        return self.output.with_name(f"{self.output.name}.parts")

    @property
    def bad(self) -> Path:
        """Where bad rows are told of."""
        return self.output.with_name(f"{self.output.name}.bad.jsonl")


@dataclass(slots=True)
class Counts:
    """What a run has done so far."""

    rows: int = 0
    bad: int = 0
    resumed: int = 0
    restarts: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Waiting:
    """A shard that is given out, and how often."""

    shard: Shard
    tries: int = 1


@dataclass(slots=True)
class _State:
    manifest: Manifest
    counts: Counts = field(default_factory=Counts)
    shards: int = 0


def run(job: Run, *, resume: bool = False, on_shard: Callable[[Counts], None] | None = None) -> Counts:
    """Score the whole input and put the output in its place.

    Args:
        job: what to do.
        resume: go on with the unfinished run that is there; without one, start.
        on_shard: called after each finished shard.

    Raises:
        InputError: the input cannot be read, the output not be written, or an unfinished run is
            there and ``resume`` is false, or is another one.
        KeyboardInterrupt: the caller interrupted; finished shards stay for ``resume``.
    """
    require_writable(job.output, job.format)
    manifest = Manifest(job.folder / "manifest.jsonl")
    if not resume and job.folder.exists():
        shutil.rmtree(job.folder)
    wanted = None
    if job.source.paths:
        wanted = plan(
            job.source,
            columns=job.columns,
            options=job.options,
            versions=job.versions,
            rows=job.shard_rows,
        )
    elif resume:
        raise InputError("standard input cannot be read again: a run from it cannot be resumed")
    manifest.begin(wanted, resume=resume)
    state = _State(manifest)
    started = time.monotonic()
    try:
        for done in _finished(job, state):
            state.counts.rows += done.rows
            state.counts.bad += done.bad
            state.counts.seconds = time.monotonic() - started
            if on_shard is not None:
                on_shard(state.counts)
    finally:
        manifest.close()
    numbers = range(state.shards)
    assemble(job.folder, numbers, job.output, format_=job.format)
    assemble_bad(job.folder, numbers, job.bad)
    shutil.rmtree(job.folder)
    return state.counts


def _finished(job: Run, state: _State) -> Iterator[Done]:
    """Yield each shard as it is finished, those of an earlier run first met included."""
    if job.workers == 0:
        _prepare(job.load)
        for shard in _counted(job, state):
            if (done := state.manifest.done.get(shard.number)) is None:
                done = _score(shard, job.folder, job.output, job.format, job.options)
                state.manifest.add(done)
            else:
                state.counts.resumed += 1
            yield done
        return
    yield from _by_workers(job, state)


def _counted(job: Run, state: _State) -> Iterator[Shard]:
    for shard in cut(job.source, job.columns, rows=job.shard_rows):
        state.shards = shard.number + 1
        yield shard


def _by_workers(job: Run, state: _State) -> Iterator[Done]:
    shards = _counted(job, state)
    again: deque[_Waiting] = deque()
    given: dict[Future[Done], _Waiting] = {}
    pool = _pool(job, job.workers)
    try:
        while True:
            # Shards that died with their worker go one at a time, so that the guilty one shows itself.
            most = 1 if again else job.workers * _AHEAD
            while len(given) < most:
                waiting = again.popleft() if again else None
                if waiting is None:
                    shard = next(shards, None)
                    if shard is None:
                        break
                    if (done := state.manifest.done.get(shard.number)) is not None:
                        state.counts.resumed += 1
                        yield done
                        continue
                    waiting = _Waiting(shard)
                given[_submit(pool, waiting, job)] = waiting
                if waiting.tries > 1:
                    break
            if not given:
                return
            ended, _ = wait(given, return_when=FIRST_COMPLETED)
            broken = False
            for future in ended:
                waiting = given.pop(future)
                try:
                    done = future.result()
                except BrokenProcessPool:
                    broken = True
                    again.append(waiting)
                    continue
                state.manifest.add(done)
                yield done
            if broken:
                again.extend(given.values())
                given.clear()
                pool.shutdown(wait=False, cancel_futures=True)
                state.counts.restarts += 1
                pool = _pool(job, job.workers)
                for waiting in again:
                    waiting.tries += 1
                for waiting in [w for w in again if w.tries > _TRIES]:
                    again.remove(waiting)
                    done = _set_aside(waiting.shard, job)
                    state.manifest.add(done)
                    yield done
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()


def _pool(job: Run, workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
        initargs=(job.load, os.getpid()),
    )


def _submit(pool: ProcessPoolExecutor, waiting: _Waiting, job: Run) -> Future[Done]:
    return pool.submit(_score, waiting.shard, job.folder, job.output, job.format, job.options)


def _set_aside(shard: Shard, job: Run) -> Done:
    rows = [BadRow(r.row, "checking this row or one near it ended the worker", r.id) for r in shard.records]
    bad = sorted((*shard.bad, *rows), key=lambda row: row.row)
    write_bad(bad_path(job.folder, shard.number), bad)
    part_path(job.folder, shard.number).unlink(missing_ok=True)
    if job.format is Format.PARQUET:
        _score(Shard(shard.number, (), tuple(bad)), job.folder, job.output, job.format, job.options)
    return Done(shard=shard.number, rows=0, bad=len(bad))


# What follows runs in the workers.
_checker: TextChecker | None = None


def _prepare(load: Callable[[], TextChecker]) -> None:
    global _checker  # noqa: PLW0603 -- one checker a process
    _checker = load()


def _start_worker(load: Callable[[], TextChecker], parent: int) -> None:
    # Ctrl-C reaches every process of the terminal; the parent alone decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    _prepare(load)


def _watch(parent: int) -> None:
    """End with the parent, even where it was killed and could tell nobody."""
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(1)


def _score(shard: Shard, folder: Path, output: Path, format_: Format, options: Options) -> Done:
    bad = list(shard.bad)
    if _checker is None:
        raise AssertionError("the worker was not prepared")
    scored = next(score_batches([as_batch(shard.records)], checker=_checker, options=options))
    bad += write_part(part_path(folder, shard.number), scored, shard.records, output=output, format_=format_)
    if bad:
        write_bad(bad_path(folder, shard.number), sorted(bad, key=lambda row: row.row))
    return Done(shard=shard.number, rows=len(shard.records) + len(shard.bad) - len(bad), bad=len(bad))
