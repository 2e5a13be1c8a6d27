#!/usr/bin/env python3
"""Divisions by the engine against the same divisions in numpy, in one run, alternating.

    cargo build --release -p rhodian-core --example allocate_column
    python3 bench/allocation_vs_numpy.py [claims]

numpy works on 64-bit integers, so the columns are chosen so that nothing overflows there; the
engine has 256-bit intermediates and checks its input. Every share is compared. Needs numpy.
"""

import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "target/release/examples/allocate_column"
ROUNDS = 7
# Both sides keep freed memory, else the kernel's page faults are measured.
MEMORY = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(10**12)}


def largest_remainder(floors, remainders, units):
    """Adds one to the largest remainders, ties to the lower index."""
    if units:
        last = np.partition(remainders, len(remainders) - units)[len(remainders) - units]
        floors[remainders > last] += 1
        ties = units - np.count_nonzero(remainders > last)
        floors[np.flatnonzero(remainders == last)[:ties]] += 1
    return floors


def proportional(loss, caps, weights, scores):
    """Capped proportional: the level by sorting cap / weight, here with equal ratios apart."""
    order = np.argsort(caps / weights, kind="stable")
    taken = np.concatenate(([0], np.cumsum(caps[order])[:-1]))
    weight_left = weights.sum() - np.concatenate(([0], np.cumsum(weights[order])[:-1]))
    full = caps[order] / weights[order] <= (loss - taken) / weight_left
    first = int(np.argmin(full))
    num, den = int(loss - taken[first]), int(weight_left[first])
    assert num * int(weights.max()) < 2**63, "numpy would overflow without a word"
    floors, remainders = np.divmod(weights * num, den)
    capped = floors >= caps
    floors[capped], remainders[capped] = caps[capped], 0
    return largest_remainder(floors, remainders, int(loss - floors.sum()))


def equal_awards(loss, caps, weights, scores):
    """The level of awards by sorting the claims."""
    estate = int(caps.sum()) - loss
    ordered = np.sort(caps)
    before = np.concatenate(([0], np.cumsum(ordered)[:-1]))
    above = len(caps) - np.arange(len(caps))
    first = int(np.argmax(ordered * above > estate - before))
    level, rest = divmod(estate - int(before[first]), int(above[first]))
    shares = np.maximum(caps - level, 0)
    receivers = np.flatnonzero(caps > level)
    # Awards have a fraction rest / n; losses round to the first in order.
    if rest:
        shares[receivers] -= 1
        shares[receivers[: len(receivers) - rest]] += 1
    return shares


def queue(loss, caps, weights, scores):
    """Partition off a generous head, sort it, fill it."""
    head = max(len(caps) // 256, 64)
    places = np.argpartition(-scores, head)[:head]
    places = places[np.argsort(-scores[places], kind="stable")]
    before = np.concatenate(([0], np.cumsum(caps[places])[:-1]))
    shares = np.zeros_like(caps)
    shares[places] = np.clip(loss - before, 0, caps[places])
    return shares


def engine(rule, loss, caps, weights, scores, runs):
    words = struct.pack("<4q", rule, loss, runs, len(caps))
    data = words + caps.tobytes() + weights.tobytes() + scores.tobytes()
    result = subprocess.run([ENGINE], input=data, stdout=subprocess.PIPE, check=True)
    answer = np.frombuffer(result.stdout, dtype="<i8")
    return answer[:runs], answer[runs:]


def worlds(claims):
    rng = np.random.default_rng(20251010)
    scores = rng.permutation(np.arange(claims, dtype=np.int64))
    small = rng.integers(1, 1 << 20, claims)
    wide = np.exp2(rng.uniform(4, 30, claims)).astype(np.int64)
    loose = small * 4
    tight = np.maximum(small * rng.integers(1, 1024, claims) // 1024, 1)
    thousandth = int(small.sum()) // 1000
    yield "rounding, 20 bits", 1, int(small.sum()) // 3, loose, small, scores, proportional
    yield "capped, 20 bits", 1, int(tight.sum()) * 3 // 4, tight, small, scores, proportional
    yield "equal awards, 30 bits", 3, int(wide.sum()) // 2, wide, wide, scores, equal_awards
    yield "queue, head of 0.1 %", 5, thousandth, small, small, scores, queue


def main():
    if "MALLOC_MMAP_MAX_" not in os.environ:
        arguments = [sys.executable, *sys.argv]
        os.execve(sys.executable, arguments, {**os.environ, **MEMORY})
    claims = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{claims:,} claims, numpy {np.__version__}, medians of {ROUNDS}, ns of processor time a claim")
    print(f"{'':<24}{'numpy':>9}{'engine':>9}{'ratio':>8}")
    for name, rule, loss, caps, weights, scores, reference in worlds(claims):
        pairs = []
        for _ in range(ROUNDS):
            start = time.thread_time_ns()
            expected = reference(loss, caps, weights, scores)
            numpy_time = time.thread_time_ns() - start
            times, shares = engine(rule, loss, caps, weights, scores, 5)
            assert np.array_equal(shares, expected), f"{name}: the shares differ"
            pairs.append((numpy_time, float(np.median(times))))
        numpy_time, engine_time = np.median(np.array(pairs), axis=0) / claims
        ratio = np.median([slow / fast for slow, fast in pairs])
        print(f"{name:<24}{numpy_time:>9.1f}{engine_time:>9.1f}{ratio:>7.1f}x")


if __name__ == "__main__":
    main()
