#!/usr/bin/env bash
# How long `rhodian allocate` takes on a file of claims, against a bare parse of the same file by
# the `csv` crate, both as programs of their own, in turn, best of several runs.
#
#   bench/cli_vs_csv_parse.sh [ROWS] [RUNS] [hex|sorted]
#
# Gate: at 1,000,000 rows at most 3 times the bare parse (exit 1 otherwise).
set -euo pipefail
cd "$(dirname "$0")/.."
rows=${1:-1000000} runs=${2:-7} ids=${3:-hex}
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

# Milliseconds of the fastest of all runs of a command.
best() {
    local least=999999999 start end
    for _ in $(seq "$runs"); do
        start=$(date +%s%N); "$@" > /dev/null; end=$(date +%s%N)
        (( (end - start) < least )) && least=$(( end - start ))
    done
    echo $(( least / 1000 ))
}
allocate() {
    "$target/rhodian" allocate --rule "$1" --loss $(( rows * 100000 )) --claims "$file" \
        --format csv --quiet
}
parse=$(best "$target/examples/csv_parse" "$file")
echo "$rows rows, $(stat -c %s "$file") bytes, ids $ids, best of $runs"
echo "csv crate, bare parse: $parse us"
worst=0
for rule in proportional equal-awards; do
    ours=$(best allocate "$rule")
    ratio=$(( ours * 100 / parse ))
    echo "rhodian allocate, $rule: $ours us, $(( ratio / 100 )).$(printf %02d $(( ratio % 100 ))) times"
    (( ratio > worst )) && worst=$ratio
done
(( worst <= 300 )) || { echo "above 3 times"; exit 1; }
