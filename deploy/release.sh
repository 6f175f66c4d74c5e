#!/usr/bin/env bash
# The program as the image has it: linked twice, so that what runs lies together.
#
#   deploy/release.sh [--features tls]        # writes target/ordered/greenzone
#
# A system maps a program's pages by sixteen: functions that run now and then, strewn over 30 MB, keep most of
# it in memory. So the first program is run under Callgrind, which says what functions an idle service and then
# its users call, and the second one has them at the front in that order. Relocations are packed, too, which
# needs glibc 2.36 or newer where it runs. Everything else is as `cargo build --release` makes it.
#
# For Linux on x86-64, where Rust links by LLD; elsewhere the first program is taken. Needs valgrind and curl.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
folder=$(mktemp -d)
traced=
end() {
    [ -z "$traced" ] || kill "$traced" 2>/dev/null || true
    rm -rf "$folder"
}
trap end EXIT

# runs the program with these arguments under Callgrind and waits until it serves
port=${PORT:-8098}
address=127.0.0.1:$port
runs=0
start() {
    runs=$((runs + 1))
    valgrind --quiet --tool=callgrind --callgrind-out-file="$folder/calls.$runs" --compress-strings=no --demangle=no \
        "$target/release/greenzone" "$@" >"$folder/out" 2>"$folder/log" &
    traced=$!
    for _ in $(seq 300); do
        curl -sf "http://$address/readyz" >/dev/null && return
        kill -0 "$traced" 2>/dev/null || break
        sleep 0.2
    done
    cat "$folder/log" >&2
    return 1
}
stop() {
    kill -TERM "$traced"
    wait "$traced" || true
    traced=
}
ask() {
    curl -sf --compressed -o "$folder/answer" "$@"
}

cargo build --release --locked "$@"
mkdir -p "$target/ordered"
if [ "$(uname -sm)" != "Linux x86_64" ]; then
    cp "$target/release/greenzone" "$target/ordered/greenzone"
    echo "$target/ordered/greenzone: not put in order on this system" >&2
    exit
fi

# what is there when nobody asks for anything but a board
export GREENZONE_METRICS_ADDR='' DATABASE_URL=sqlite:$folder/idle.db
"$target/release/greenzone" import packs/q6-2021 >/dev/null
api=http://$address/api/v1/campaigns/q6-2021
start serve --addr "$address"
ask "$api/leaderboard"
stop

# what a day's users call: sign in, record, read boards and pages
export DATABASE_URL=sqlite:$folder/day.db
start demo --port "$port"
page=http://$address/c/q6-2021
password=$(sed -n 's/.*demo-council *\([^ ]*\).*/\1/p' "$folder/out" | head -n 1)
token=$(curl -sf "http://$address/api/v1/auth/login" -H 'Content-Type: application/json' \
    -d "{\"username\": \"demo-council\", \"password\": \"$password\"}" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
unit=27382
ask -X PUT "$api/units/$unit/figures/2021-07-12" -H "Authorization: Bearer $token" \
    -H 'Content-Type: application/json' -d '{"community_f0": 4, "reason": "counted again"}'
for place in "$api/leaderboard" "$api/units/$unit/standing" "$api/levels" "$api/completeness" "$page" "$page/map" \
    "$page/u/$unit" "$page/rules" "http://$address/" "http://$address/healthz"; do
    ask "$place"
done
stop

# those of an idle service first
sed -n 's/^fn=//p' "$folder/calls.1" "$folder/calls.2" | sed "s/'[0-9]*$//" | awk '!seen[$0]++' >"$target/functions.order"
cargo rustc --release --locked --bin greenzone "$@" -- \
    -C link-arg=-Wl,--symbol-ordering-file="$(realpath "$target/functions.order")" \
    -C link-arg=-Wl,--no-warn-symbol-ordering -C link-arg=-Wl,-z,pack-relative-relocs
mv "$target/release/greenzone" "$target/ordered/greenzone"
echo "$target/ordered/greenzone: $(wc -l <"$target/functions.order") functions in order"
