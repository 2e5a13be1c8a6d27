#!/usr/bin/env python3
"""Black-76 by the engine, in integers, and by the lab, in floats, against numpy and scipy's ndtr, in
one run, alternating.

    cargo build --release -p rhodian-core --example price_column
    cargo build --release -p rhodian-lab --example price_lab_column
    python3 bench/pricing_vs_numpy.py [options]

All are given what a venue keeps: the logarithms of strikes and forwards and the roots of the times.
Every price and sensitivity is compared. Needs numpy and scipy; says so and stops where they are not.
"""

import struct
import subprocess
import sys
import time
from pathlib import Path

try:
    import numpy as np
    import scipy
    from scipy.special import ndtr
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(0)

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "target/release/examples/price_column"
LAB = ROOT / "target/release/examples/price_lab_column"
ROUNDS = 9
YEAR = 31_536_000_000
ROOT_TWO_PI = np.sqrt(2 * np.pi)


def prices(forward, strike, log, vol, root):
    stdev = vol * root
    d1 = log / stdev + stdev / 2
    return forward * ndtr(d1) - strike * ndtr(d1 - stdev)


def prices_and_greeks(forward, strike, log, vol, root):
    stdev = vol * root
    d1 = log / stdev + stdev / 2
    d2 = d1 - stdev
    delta = forward * ndtr(d1)
    call = delta - strike * ndtr(d2)
    mass = forward * np.exp(-d1 * d1 / 2) / ROOT_TWO_PI
    gamma = mass / stdev
    vega = mass * root
    return call, delta, gamma, vega, -vega * d2 / stdev, -mass * vol / (2 * root)


def options(count):
    """Forwards around 10^12 units, 1 day to 2 years, 10 % to 250 %, strikes e^-1 to e of it."""
    rng = np.random.default_rng(19760301)
    forward = np.exp(rng.uniform(np.log(1e11), np.log(1e13), count)).astype(np.uint64)
    strike = (forward * np.exp(rng.uniform(-1, 1, count))).astype(np.uint64)
    vol = rng.integers(100_000, 2_500_000, count).astype(np.uint64)
    millis = rng.integers(YEAR // 365, 2 * YEAR, count).astype(np.uint64)
    return forward, strike, vol, millis


def engine(columns, runs):
    data = struct.pack("<2q", runs, len(columns[0])) + b"".join(c.tobytes() for c in columns)
    result = subprocess.run([ENGINE], input=data, stdout=subprocess.PIPE, check=True)
    words = np.frombuffer(result.stdout, dtype="<i8")
    return words[: 2 * runs].reshape(runs, 2), words[2 * runs :].reshape(-1, 6)


def lab(columns, runs):
    data = struct.pack("<2q", runs, len(columns[0])) + b"".join(c.tobytes() for c in columns)
    result = subprocess.run([LAB], input=data, stdout=subprocess.PIPE, check=True)
    times = np.frombuffer(result.stdout[: 48 * runs], dtype="<i8").reshape(runs, 6)
    return times, np.frombuffer(result.stdout[48 * runs :], dtype="<f8").reshape(-1, 6)


def spent(function, *arguments):
    start = time.thread_time_ns()
    result = function(*arguments)
    return time.thread_time_ns() - start, result


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    columns = options(count)
    forward, strike, vol, millis = (column.astype(np.float64) for column in columns)
    root = np.sqrt(millis / YEAR)
    inputs = (forward, strike, np.log(forward) - np.log(strike), vol / 1e6, root)
    rows = []
    for _ in range(ROUNDS):
        price_time, _ = spent(prices, *inputs)
        greek_time, expected = spent(prices_and_greeks, *inputs)
        times, got = engine(columns, 5)
        lab_times, floats = lab(inputs, 5)
        medians = (*np.median(times, axis=0), *np.median(lab_times, axis=0))
        rows.append((price_time, greek_time, *medians))
    stdev = vol / 1e6 * root
    scales = (forward, forward, forward / stdev, forward * root, forward / (vol / 1e6),
              forward * stdev / root**2)
    for name, values, integers, of_lab, scale in zip(
        ("call", "delta", "gamma", "vega", "vanna", "theta"), expected, got.T, floats.T, scales
    ):
        worst = np.max(np.abs(values - integers) / scale)
        assert worst < 1e-9, f"{name} differs by {worst:.1e}"
        worst = np.max(np.abs(values - of_lab) / scale)
        assert worst < 1e-12, f"{name} of the lab differs by {worst:.1e}"
    rows = np.array(rows)
    per_option = np.median(rows, axis=0) / count
    print(f"{count:,} options, numpy {np.__version__}, scipy {scipy.__version__}, medians of {ROUNDS},"
          " ns of processor time an option (and how many times numpy's speed)")
    names = ("engine", "lab, baseline", "lab, AVX2", "lab, best")
    print(f"{'':<24}{'numpy':>9}" + "".join(f"{name:>18}" for name in names))
    for i, name in enumerate(("call and put", "with five sensitivities")):
        cells = []
        for column in range(2 + i, 10, 2):
            ratio = np.median(rows[:, i] / rows[:, column])
            cells.append(f"{per_option[column]:>10.1f} ({ratio:.1f}x)".rjust(18))
        print(f"{name:<24}{per_option[i]:>9.1f}" + "".join(cells))


if __name__ == "__main__":
    main()
