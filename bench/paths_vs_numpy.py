#!/usr/bin/env python3
"""What a standing book lacks under many paths: the lab against vectorised Python, in one run.

    cargo build --release -p rhodian-lab --example book_column
    python3 bench/paths_vs_numpy.py [accounts]

Every way sums, for each path, what all accounts lack after prices moved: floats in Python, whole
atoms in the lab. All are given the same book and the same paths, one factor and noise of each
market; sums must agree to 12 digits. Python is given 64 paths at once where that is faster. Then
the lab with its screen, by the instructions of every processor (any) and by the widest of this one
(wide), and on two threads. What is not installed is said and left out.
"""

import struct
import subprocess
import sys
import time
from pathlib import Path

from risk_vs_numpy import MARKETS, ROUNDS, found, make, np

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "target/release/examples/book_column"
PATHS = 512
BLOCK = 64
FACTOR, OWN = 0.028, 0.021
# The lab's screen, its instructions, and their names.
KINDS = ((0, 0, "any"), (1, 0, "near, any"), (0, 1, "wide"), (1, 1, "near, wide"))


def moves_of(gross, count):
    """Moves in atoms a lot: log returns with a deviation of 3.5 %, 2.8 of them common."""
    rng = np.random.default_rng(20080915)
    log = FACTOR * rng.standard_normal((count, 1)) + OWN * rng.standard_normal((count, len(gross)))
    return np.rint(gross * np.expm1(np.clip(log, -0.69, 0.69))).astype(np.int64)


def ways(equity, ends, market, lots):
    """Each way: its name, how many paths it is timed on, and a function of moves, path by path."""
    starts = np.concatenate(([0], ends[:-1]))
    size = lots.astype(float)
    start = equity.astype(float)

    def reduceat(moves):
        worth = (start + np.add.reduceat(size * path[market], starts) for path in moves.astype(float))
        return np.array([-np.minimum(one, 0).sum() for one in worth])

    yield "numpy reduceat, float", BLOCK // 4, reduceat
    if sparse := found("scipy.sparse", "scipy"):
        shape = (len(equity), MARKETS)
        matrix = sparse.csr_matrix((size, market, np.concatenate(([0], ends))), shape=shape)

        def dense(moves):
            sums = []
            for begin in range(0, len(moves), BLOCK):
                worth = matrix @ np.ascontiguousarray(moves[begin : begin + BLOCK].T.astype(float))
                worth += start[:, None]
                sums.append(-np.minimum(worth, 0, out=worth).sum(axis=0))
            return np.concatenate(sums)

        yield "scipy sparse @ dense(64), float", PATHS // 4, dense
    if numba := found("numba", "numba"):

        @numba.njit
        def loop(size, market, start, ends, moves, sums):
            for path in range(len(moves)):
                begin, lacked = 0, 0.0
                for account in range(len(ends)):
                    worth = start[account]
                    for leg in range(begin, ends[account]):
                        worth += size[leg] * moves[path, market[leg]]
                    begin = ends[account]
                    if worth < 0:
                        lacked -= worth
                sums[path] = lacked

        def compiled(moves):
            sums = np.empty(len(moves))
            loop(size, market, start, ends, moves.astype(float), sums)
            return sums

        yield "numba, path by path, float", BLOCK // 4, compiled


def lab(columns, moves, runs, screen, wide, threads=1):
    """Nanoseconds of processor time and of the clock by run, and the deficits."""
    gross, equity, ends, market, lots = columns
    sizes = (len(gross), len(equity), len(market), len(moves))
    data = struct.pack("<8q", runs, threads, screen, wide, *sizes)
    parts = (gross, gross, equity, ends, market, lots, moves.ravel())
    data += b"".join(part.astype("<i8").tobytes() for part in parts)
    result = subprocess.run([ENGINE], input=data, stdout=subprocess.PIPE, check=True)
    words = np.frombuffer(result.stdout, dtype="<i8")
    return words[: 2 * runs].reshape(runs, 2), words[2 * runs :]


def main():
    if not ENGINE.exists():
        sys.exit(f"build it first: no {ENGINE.relative_to(ROOT)}")
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    gross, _, cash, ends, market, lots = make(accounts)
    equity = cash + np.add.reduceat(lots * gross[market], np.concatenate(([0], ends[:-1])))
    columns = (gross, equity, ends, market, lots)
    moves = moves_of(gross, PATHS)
    load = Path("/proc/loadavg").read_text().split()
    print(f"{accounts:,} accounts, {len(market):,} legs, {PATHS} paths, numpy {np.__version__},"
          f" load {load[0]}, medians of {ROUNDS}")
    heads = "".join(f"{name:>11}{'ratio':>8}" for _, _, name in KINDS)
    print(f"{'':<34}{'other':>9}{heads}   us of processor time a path")
    for name, count, way in ways(equity, ends, market, lots):
        way(moves[:BLOCK])
        rows = []
        for _ in range(ROUNDS):
            # All threads count: a library that uses several is not faster for it.
            begun = time.process_time_ns()
            lacked = way(moves[:count])
            other = (time.process_time_ns() - begun) / count
            row = [other]
            for screen, wide, _ in KINDS:
                times, exact = lab(columns, moves, 3, screen, wide)
                assert np.allclose(lacked, exact[:count], rtol=1e-12), f"{name}: deficits differ"
                row.append(float(np.median(times[:, 0])) / PATHS)
            rows.append(row)
        rows = np.array(rows)
        other, *ours = np.median(rows, axis=0) / 1e3
        ratios = np.median(rows[:, :1] / rows[:, 1:], axis=0)
        cells = "".join(f"{time:>11.1f}{ratio:>7.1f}x" for time, ratio in zip(ours, ratios))
        print(f"{name:<34}{other:>9.1f}{cells}")
    two(columns, moves)


def two(columns, moves):
    """Two threads by the clock; said only where the machine has them free."""
    load = float(Path("/proc/loadavg").read_text().split()[0])
    if load > 2:
        print(f"two threads: skipped, the load is {load}")
        return
    for screen, name in ((0, "all"), (1, "near")):
        pairs = [[np.median(lab(columns, moves, 5, screen, 1, n)[0][:, 1]) for n in (1, 2)]
                 for _ in range(ROUNDS)]
        print(f"two threads, {name}: {np.median([one / both for one, both in pairs]):.2f}x by the clock")


if __name__ == "__main__":
    main()
