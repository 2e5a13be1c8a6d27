#!/usr/bin/env bash
# What the door does beside the same HTTP server with handlers that do nothing: wrk against both in
# turn, in one run. Prints calls a second and ratios; the goal is 0.60 for a command. Beside them, for
# each call, the processor time and the switches between threads of either server: where others use the
# machine and its disk, these tell two versions apart and calls a second do not.
#
#   SECONDS_EACH=n  of each measurement (default 5)
#   ROUNDS=n        of all of them (default 3): the median ratio counts
#   CONNECTIONS=n   (default 128)
set -euo pipefail
cd "$(dirname "$0")/.."
each=${SECONDS_EACH:-5} rounds=${ROUNDS:-3} connections=${CONNECTIONS:-128}
cargo build --quiet --release --locked -p rhodian --bin rhodian
cargo build --quiet --release --locked -p rhodian-server --example bare
built=${CARGO_TARGET_DIR:-target}/release
home=$(mktemp -d)
served=()
trap 'kill "${served[@]}" 2>/dev/null || true; rm -rf "$home"' EXIT
"$built/examples/bare" >"$home/bare" &
served+=($!)
# What it logs of a call that was refused would be measured, too: none is.
printf 'calls-per-second = 10000000\ncalls-at-once = 10000000\n' >"$home/config"
"$built/rhodian" serve --config "$home/config" --data "$home/venue" --listen 127.0.0.1:0 \
    >"$home/out" 2>"$home/log" &
served+=($!)
for _ in {1..100}; do
    grep -q '^rhodian_' "$home/out" && [[ -s $home/bare ]] && break
    sleep 0.1
done
bare=$(awk '{ print $3 }' "$home/bare")/
url=$(awk '/^listening on/ { print $3 }' "$home/out")
admin=$(grep '^rhodian_' "$home/out")
key=$(curl -sS -H "Authorization: Bearer $admin" -d '{"name":"venue","role":"venue"}' \
    "$url/v1/keys" | sed 's/.*"secret":"\([^"]*\)".*/\1/')
# The venue of the page, as far as its first fill.
awk -v home="$home" '
    /^```json$/ { inside = 1; file = sprintf("%s/command-%03d", home, ++count); next }
    /^```$/ { inside = 0 }
    inside { print > file }
    /"do": "fill"/ { exit }
' docs/connect-a-matching-engine.md
for command in "$home"/command-*; do
    curl -sS -o "$home/answer" -H "Authorization: Bearer $key" -d @"$command" "$url/v1/commands"
done
cat >"$home/get.lua" <<LUA
wrk.headers["Authorization"] = "Bearer $key"
LUA
cat >"$home/post.lua" <<LUA
wrk.method = "POST"
wrk.headers["Authorization"] = "Bearer $key"
wrk.body = '{"area":"market","command":{"do":"mark","marks":[[0,"1000"]]}}'
LUA

# spent PID: the processor time of a server in microseconds, and how often its threads were switched.
spent() {
    local ticks switches
    ticks=$(awk '{ print $14 + $15 }' "/proc/$1/stat")
    switches=$(cat /proc/"$1"/task/*/status | awk '/ctxt_switches/ { sum += $2 } END { print sum }')
    echo "$((ticks * 1000000 / $(getconf CLK_TCK))) $switches"
}

# rate SCRIPT URL PID: calls a second, microseconds and switches a call; a refused call fails the run.
rate() {
    local before
    before=$(spent "$3")
    wrk -t1 -c"$connections" -d"${each}s" -s "$home/$1.lua" "$2" >"$home/wrk"
    if grep -q 'Non-2xx\|Socket errors' "$home/wrk"; then
        cat "$home/wrk" >&2
        exit 1
    fi
    awk -v before="$before" -v after="$(spent "$3")" '
        / requests in / { calls = $1 }
        /^Requests\/sec/ { rate = $2 }
        END {
            split(before, b); split(after, a)
            print rate, (a[1] - b[1]) / calls, (a[2] - b[2]) / calls
        }' "$home/wrk"
}

cases=("get /health/live" "get /v1/status" "get /v1/accounts/0" "post /v1/commands")
echo "calls a second of $connections connections, the door beside an empty handler in turn:"
for ((round = 1; round <= rounds; round++)); do
    for case in "${cases[@]}"; do
        read -r script path <<<"$case"
        empty=$(rate "$script" "$bare" "${served[0]}")
        door=$(rate "$script" "$url$path" "${served[1]}")
        echo "$script $path $empty $door" | tee -a "$home/all" | awk '{
            printf "  %-4s %-18s empty %8.0f (%5.1f us, %.2f switches)", $1, $2, $3, $4, $5
            printf "   door %8.0f (%5.1f us, %.2f)   ratio %.2f\n", $6, $7, $8, $6 / $3
        }'
    done
done
echo "median ratios:"
for case in "${cases[@]}"; do
    read -r script path <<<"$case"
    awk -v path="$path" '$2 == path { print $6 / $3 }' "$home/all" | sort -n |
        awk -v path="$path" '{ ratio[NR] = $1 } END { printf "  %-18s %.2f\n", path, ratio[int((NR + 1) / 2)] }'
done
