#!/usr/bin/env python3
"""Finding who is below maintenance: the engine's pass against vectorised Python, in one run.

    cargo build --release -p rhodian-core --example risk_pass_column
    python3 bench/risk_vs_numpy.py [accounts]

Each way computes the health of every account, cash plus lots times a coefficient of market and
side, and lists the negative ones; the lists must be equal. One margin rate for each market, and
sizes such that nothing overflows 64 bits. What is not installed is said and left out.
"""

import importlib
import struct
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "target/release/examples/risk_pass_column"
ROUNDS = 9
MARKETS = 50


def found(name, why):
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"{why}: skipped, {name} is not installed")
        return None


np = found("numpy", "all comparisons")
if np is None:
    sys.exit(0)


def make(accounts):
    """Geometric numbers of legs with mean 4, popular markets first; 5 % stand near maintenance, and
    0.2 % below it."""
    rng = np.random.default_rng(20251010)
    legs = np.minimum(rng.geometric(0.25, accounts), 24)
    ends = np.cumsum(legs)
    chance = 1 / np.arange(1, MARKETS + 1)
    keys = np.log(chance) + rng.gumbel(size=(accounts, MARKETS))
    order = np.argsort(-keys, axis=1)
    kept = np.arange(MARKETS) < legs[:, None]
    picked = np.where(kept, order, MARKETS)
    picked.sort(axis=1)
    market = picked[picked < MARKETS].astype(np.int64)
    gross = np.exp(rng.uniform(9, 18, MARKETS)).astype(np.int64)
    rate = rng.integers(5_000, 25_000, MARKETS)
    size = np.exp(rng.normal(18, 1.5, len(market))) / gross[market]
    lots = np.maximum(size, 1).astype(np.int64) * rng.choice([-1, 1], len(market))
    starts = np.concatenate(([0], ends[:-1]))
    value = np.add.reduceat(lots * gross[market], starts)
    total = np.add.reduceat(np.abs(lots) * gross[market], starts)
    draw, free = rng.random(accounts), 1 / np.exp(rng.uniform(0, 3, accounts))
    free = np.where(draw < 0.05, rng.uniform(0.0005, 0.02, accounts), free)
    free = np.where(draw < 0.002, -0.001, free)
    need = np.add.reduceat(np.abs(lots) * gross[market] * (rate[market] / 1e6), starts)
    cash = (need + free * total).astype(np.int64) - value
    return gross, rate, cash, ends, market, lots


def ways(gross, rate, cash, ends, market, lots):
    """Each way: its name, and a function that lists who is below. Tables are made outside."""
    starts = np.concatenate(([0], ends[:-1]))
    # Millionths of an atom a lot, by market and side; half of the rows are for short legs.
    table = np.concatenate((gross * 1_000_000 - gross * rate, gross * 1_000_000 + gross * rate))
    row = market + MARKETS * (lots < 0)
    micro = cash * 1_000_000
    owner = np.repeat(np.arange(len(cash)), np.diff(np.concatenate(([0], ends))))

    def reduceat():
        return np.flatnonzero(micro + np.add.reduceat(lots * table[row], starts) < 0)

    def bincount():
        sums = np.bincount(owner, weights=lots * table[row].astype(float))
        return np.flatnonzero(micro + sums < -0.5)

    yield "numpy reduceat, 64-bit", reduceat
    yield "numpy bincount, float", bincount
    if sparse := found("scipy.sparse", "scipy"):
        matrix = sparse.csr_matrix(
            (lots.astype(float), row, np.concatenate(([0], ends))), shape=(len(cash), 2 * MARKETS)
        )
        floats = table.astype(float)
        yield "scipy sparse, float", lambda: np.flatnonzero(micro + matrix @ floats < -0.5)
    if numba := found("numba", "numba"):

        @numba.njit
        def loop(table, row, lots, micro, ends, health):
            begin = 0
            for account in range(len(ends)):
                sum_ = micro[account]
                for leg in range(begin, ends[account]):
                    sum_ += lots[leg] * table[row[leg]]
                begin = ends[account]
                health[account] = sum_

        health = np.empty_like(micro)

        def compiled():
            loop(table, row, lots, micro, ends, health)
            return np.flatnonzero(health < 0)

        compiled()
        yield "numba, 64-bit", compiled
    if polars := found("polars", "polars"):
        frame = polars.DataFrame({"owner": owner, "row": row, "lots": lots})
        prices = polars.DataFrame({"row": np.arange(2 * MARKETS), "unit": table})
        cashes = polars.DataFrame({"owner": np.arange(len(cash)), "micro": micro})

        def joined():
            worth = (polars.col("lots") * polars.col("unit")).sum().alias("worth")
            sums = frame.join(prices, on="row").group_by("owner").agg(worth)
            both = cashes.join(sums, on="owner", how="left")
            low = both.filter(polars.col("micro") + polars.col("worth").fill_null(0) < 0)
            return np.sort(low["owner"].to_numpy())

        yield "polars join", joined


def engine(columns, runs):
    gross, _, cash, _, market, _ = columns
    head = struct.pack("<4q", runs, len(gross), len(cash), len(market))
    data = head + b"".join(column.astype("<i8").tobytes() for column in columns)
    result = subprocess.run([ENGINE], input=data, stdout=subprocess.PIPE, check=True)
    answer = np.frombuffer(result.stdout, dtype="<i8")
    return answer[:runs], answer[runs:]


def main():
    if not ENGINE.exists():
        sys.exit(f"build it first: no {ENGINE.relative_to(ROOT)}")
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    columns = make(accounts)
    load = Path("/proc/loadavg").read_text().split()[0]
    print(f"{accounts:,} accounts, numpy {np.__version__}, load {load}, medians of {ROUNDS}")
    print(f"{'':<24}{'other':>9}{'engine':>9}{'ratio':>8}   ns of processor time an account")
    for name, way in ways(*columns):
        pairs = []
        for _ in range(ROUNDS):
            # All threads count: a library that uses several is not faster for it.
            start = time.process_time_ns()
            below = way()
            other = time.process_time_ns() - start
            times, engine_below = engine(columns, 9)
            assert np.array_equal(below, engine_below), f"{name}: the lists differ"
            pairs.append((other, float(np.median(times))))
        other, ours = np.median(np.array(pairs), axis=0) / accounts
        ratio = np.median([slow / fast for slow, fast in pairs])
        print(f"{name:<24}{other:>9.1f}{ours:>9.1f}{ratio:>7.1f}x")
    print("percolator: skipped, its sweep is not part of this repository and has no package")


if __name__ == "__main__":
    main()
