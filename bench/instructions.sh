#!/bin/sh
# Counts the instructions of a small fixed workload under callgrind and fails when a rule takes
# over 5 % more than the committed baseline (or gives another result). Needs valgrind.
#
# Then counts fills through the engine, both margin checks of each, against the same baseline.
#
# Then counts a pass of the risk book over 20,000 accounts, instructions and mispredicted branches
# of cachegrind's predictor, against fixed limits an account: the same loop with mispredictions takes
# four times as long and shows in no instruction count.
#
#   bench/instructions.sh            compare with bench/instructions.baseline
#   bench/instructions.sh --record   write a new baseline; say why in the commit
set -eu
cd "$(dirname "$0")/.."
baseline=bench/instructions.baseline
if ! command -v valgrind >/dev/null; then
    echo "instructions: skipped, valgrind is not installed" >&2
    exit 0
fi
cargo build --quiet --release -p rhodian-core --example allocate_fixed --example risk_pass_fixed \
    --example fills_fixed
program=target/release/examples/allocate_fixed
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# rule, instructions beyond making the claims, checksum of the shares
count() {
    valgrind --tool=callgrind --callgrind-out-file="$work/out" "$program" "$1" \
        >"$work/stdout" 2>"$work/stderr"
    awk '$1 == "summary:" || $1 == "totals:" { print $2; exit }' "$work/out"
}
idle=$(count none)
for rule in proportional risk-weighted equal-losses equal-awards talmud queue \
    adjusted-proportional; do
    total=$(count "$rule")
    echo "$rule $((total - idle)) $(cksum <"$work/stdout" | cut -d' ' -f1)"
done >"$work/now"

# instructions of a run with so many fills; a sum of the balances on standard output
fills() {
    valgrind --tool=callgrind --callgrind-out-file="$work/out" \
        target/release/examples/fills_fixed "$1" >"$work/stdout" 2>"$work/stderr"
    awk '$1 == "summary:" || $1 == "totals:" { print $2; exit }' "$work/out"
}
idle=$(fills 0)
total=$(fills 20000)
echo "fill $(((total - idle) / 20000)) $(cksum <"$work/stdout" | cut -d' ' -f1)" >>"$work/now"

if [ "${1:-}" = --record ]; then
    cp "$work/now" "$baseline"
    echo "recorded $baseline"
    exit 0
fi
rc=0
awk '
    NR == FNR { count[$1] = $2; sum[$1] = $3; next }
    {
        change = 100 * ($2 / count[$1] - 1)
        verdict = $3 != sum[$1] ? "OTHER RESULT" : change > 5 ? "MORE THAN 5 %" : "ok"
        if (verdict != "ok") failed = 1
        printf "%-24s %12d %+7.2f %%  %s\n", $1, $2, change, verdict
        seen++
    }
    END { if (seen == 0 || failed) exit 1 }
' "$baseline" "$work/now" || rc=1

# instructions and mispredicted branches of a run with so many passes
branches() {
    valgrind --tool=cachegrind --cache-sim=no --branch-sim=yes \
        --cachegrind-out-file="$work/out" target/release/examples/risk_pass_fixed "$1" \
        >"$work/stdout" 2>"$work/stderr"
    awk '$1 == "events:" { for (i = 2; i <= NF; i++) name[i] = $i }
         $1 == "summary:" { for (i = 2; i <= NF; i++) n[name[i]] = $i }
         END { print n["Ir"], n["Bcm"] + n["Bim"] }' "$work/out"
}
{ branches 0 && branches 10; } >"$work/passes"
awk '
    { instructions[NR] = $1; missed[NR] = $2 }
    END {
        ir = (instructions[2] - instructions[1]) / 10 / 20000
        miss = (missed[2] - missed[1]) / 10 / 20000
        ok = NR == 2 && ir > 0 && ir <= 110 && miss <= 0.15
        printf "%-24s %12.1f an account (limit 110), %.3f mispredicted (limit 0.15)  %s\n",
            "risk book pass", ir, miss, ok ? "ok" : "ABOVE THE LIMIT"
        exit !ok
    }
' "$work/passes" || rc=1
exit "$rc"
