#!/usr/bin/env bash
# How long `rhodian allocate` takes on a file of claims, against a bare parse of the same file by
# the `csv` crate, both as programs of their own, in turn, best of several runs.
#
#   bench/cli_vs_csv_parse.sh [ROWS] [RUNS] [hex|sorted]
#
# Beside the wall time stands the processor time of all threads, least of the same runs: where
# other work holds the cores, threads gain nothing, and the wall follows the processor.
#
# Gate: at 1,000,000 rows at most 3 times the bare parse (exit 1 otherwise).
set -euo pipefail
cd "$(dirname "$0")/.."
rows=${1:-1000000} runs=${2:-15} ids=${3:-hex}
rules=(proportional equal-awards)
cargo build --release --quiet -p rhodian --bin rhodian --example csv_parse
target=${CARGO_TARGET_DIR:-target}/release
file=$(mktemp) && trap 'rm -f "$file"' EXIT

python3 - "$file" "$rows" "$ids" <<'PY'
import random, sys
path, rows, ids = sys.argv[1], int(sys.argv[2]), sys.argv[3]
draw = random.Random(20251010)
with open(path, "w") as out:
    out.write("id,cap,weight\n")
    for row in range(rows):
        name = "0x%040x" % draw.getrandbits(160) if ids == "hex" else "account-%09d" % row
        weight = int(draw.paretovariate(1.1) * 10**6)
        out.write("%s,%d,%d\n" % (name, draw.randint(0, 2 * weight), weight))
PY

# Runs a command and keeps the least microseconds seen under its name, of the wall in `least` and
# of the processor, user and system together, in `least_cpu`.
declare -A least=() least_cpu=()
TIMEFORMAT='%3U %3S'
time_one() {
    local name=$1 start end cpu user system
    shift
    start=$(date +%s%N); cpu=$( { time "$@" > /dev/null; } 2>&1 ); end=$(date +%s%N)
    local took=$(( (end - start) / 1000 ))
    read -r user system <<< "$cpu"
    cpu=$(( (10#${user/./} + 10#${system/./}) * 1000 ))
    (( took < ${least[$name]:-999999999} )) && least[$name]=$took || true
    (( cpu < ${least_cpu[$name]:-999999999} )) && least_cpu[$name]=$cpu || true
}
allocate() {
    "$target/rhodian" allocate --rule "$1" --loss $(( rows * 100000 )) --claims "$file" \
        --format csv --quiet
}
# In turn, so that what else the machine does falls on all alike.
for _ in $(seq "$runs"); do
    time_one parse "$target/examples/csv_parse" "$file"
    for rule in "${rules[@]}"; do time_one "$rule" allocate "$rule"; done
done
parse=${least[parse]}
echo "$rows rows, $(stat -c %s "$file") bytes, ids $ids, best of $runs"
echo "csv crate, bare parse: $parse us, processor ${least_cpu[parse]} us"
worst=0
for rule in "${rules[@]}"; do
    ratio=$(( ${least[$rule]} * 100 / parse ))
    cpu=$(( ${least_cpu[$rule]} * 100 / ${least_cpu[parse]} ))
    printf 'rhodian allocate, %s: %d us, %d.%02d times; processor %d us, %d.%02d times\n' \
        "$rule" "${least[$rule]}" $(( ratio / 100 )) $(( ratio % 100 )) \
        "${least_cpu[$rule]}" $(( cpu / 100 )) $(( cpu % 100 ))
    (( ratio > worst )) && worst=$ratio
done
(( worst <= 300 )) || { echo "above 3 times"; exit 1; }
