#!/usr/bin/env bash
# A soak of `rhodian serve`: half of what it takes, memory flat, nothing lost, killed at the end.
#
#   SOAK_SECONDS=n  how long (default 90)
#   SOAK_PROFILE=p  dev or release (default release)
#   further arguments go to the program: --rate, --traders, --loss-every, --growth, --cache, --seed
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${SOAK_PROFILE:-release}
cargo build --profile "$profile" --locked -p rhodian --bin rhodian --example soak
# As the unit and the container in ops/ run it: heaps that come and go with threads are no leak, and
# hide one.
export MALLOC_ARENA_MAX=2
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1
folder=${CARGO_TARGET_DIR:-target}/${profile/dev/debug}
exec "$folder/examples/soak" --program "$folder/rhodian" --seconds "${SOAK_SECONDS:-90}" "$@"
