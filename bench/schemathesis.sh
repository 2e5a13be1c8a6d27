#!/usr/bin/env bash
# Holds the door against its own OpenAPI text: `rhodian serve` on a folder of its own, the venue of
# docs/connect-a-matching-engine.md in it, and schemathesis drawing calls from /openapi.json. Fails
# on a 5xx and on an answer that its schema does not allow. Two calls at a time never meet the 503
# of a door that is busy.
#
#   SCHEMATHESIS=p  the program (default: schemathesis from the path); without it nothing is run
#   EXAMPLES=n      calls for each operation and role (default 50)
#   SEED=n          what they are drawn from (default 20261129)
#   PROFILE=p       dev or release (default dev)
set -euo pipefail
cd "$(dirname "$0")/.."
program=${SCHEMATHESIS:-schemathesis}
if ! command -v "$program" >/dev/null; then
    echo "skipped: schemathesis is not installed (pip install schemathesis)"
    exit 0
fi
profile=${PROFILE:-dev}
cargo build --quiet --profile "$profile" --locked -p rhodian --bin rhodian
home=$(mktemp -d)
serve=
trap '[[ -z $serve ]] || kill "$serve" 2>/dev/null || true; rm -rf "$home"' EXIT
"${CARGO_TARGET_DIR:-target}/${profile/dev/debug}/rhodian" serve --data "$home/venue" \
    --listen 127.0.0.1:0 >"$home/out" 2>"$home/log" &
serve=$!
for _ in {1..100}; do
    grep -q '^rhodian_' "$home/out" && break
    sleep 0.1
done
url=$(awk '/^listening on/ { print $3 }' "$home/out")
admin=$(grep '^rhodian_' "$home/out")

# give_key ROLE: a new key's secret.
give_key() {
    curl -sS -H "Authorization: Bearer $admin" -d "{\"name\":\"$1\",\"role\":\"$1\"}" "$url/v1/keys" |
        sed 's/.*"secret":"\([^"]*\)".*/\1/'
}

venue=$(give_key venue)
taker=$(give_key administrator)
# The commands of the page, each in a block of its own.
awk -v home="$home" '
    /^```json$/ { inside = 1; file = sprintf("%s/command-%03d", home, ++count); next }
    /^```$/ { inside = 0 }
    inside { print > file }
' docs/connect-a-matching-engine.md
for command in "$home"/command-*; do
    curl -sS --fail-with-body -o "$home/answer" -H "Authorization: Bearer $venue" \
        -d @"$command" "$url/v1/commands" || { cat "$home/answer" "$command" >&2; exit 1; }
done

failed=0
# hold ROLE KEY ARGUMENT...: the calls of one role.
hold() {
    local role=$1 key=$2
    shift 2
    echo "== as $role"
    "$program" run "$url/openapi.json" -H "Authorization: Bearer $key" --workers 2 \
        --max-examples "${EXAMPLES:-50}" --seed "${SEED:-20261129}" --continue-on-failure \
        --checks not_a_server_error,response_schema_conformance,content_type_conformance \
        --checks status_code_conformance,response_headers_conformance "$@" || failed=1
}

# A pulse does not end; who takes keys may take his own.
hold venue "$venue" --exclude-path /v1/pulse --exclude-path-regex '^/v1/keys'
hold administrator "$admin" --exclude-path /v1/pulse --exclude-method DELETE \
    --exclude-path /v1/commands
hold "the administrator who takes keys" "$taker" --include-method DELETE
curl -sS --fail -o "$home/answer" "$url/health/live"
kill -TERM "$serve"
wait "$serve"
serve=
exit "$failed"
