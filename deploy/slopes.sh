#!/usr/bin/env bash
# What a unit and a figure cost, measured at several sizes: docs/scale.md rests on it.
#
#   cargo build --release
#   deploy/slopes.sh target/release/greenzone                                # SQLite
#   POSTGRES='postgres://USER@HOST/%s' deploy/slopes.sh target/release/greenzone
#
# %s stands where the name of the database stands; databases named greenzone_slopes are made
# there and dropped. SIZES are numbers of residential groups; PARTITIONS says over how many
# the third engine spreads its campaigns. Needs curl, GNU time and, for PostgreSQL, psql, and
# in FOLDER (default: a temporary one) about 250 bytes a figure. All is removed at the end.
set -euo pipefail

program=$(realpath "${1:?usage: deploy/slopes.sh PROGRAM}")
sizes=${SIZES:-60000 345000 1000000}
partitions=${PARTITIONS:-16}
engines=${ENGINES:-sqlite ${POSTGRES:+postgres partitioned}}
folder=$(mktemp -d "${FOLDER:-${TMPDIR:-/tmp}}/greenzone-slopes.XXXXXX")
address=127.0.0.1:${PORT:-8097}
server=
end() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "${POSTGRES:-}" ] || psql -q "${POSTGRES/\%s/postgres}" -c 'DROP DATABASE IF EXISTS greenzone_slopes' || true
    rm -rf "$folder"
}
trap end EXIT
export GREENZONE_METRICS_ADDR='' GREENZONE_RATE_ADDRESS=0 GREENZONE_RATE_ACCOUNT=0
export GREENZONE_SIGNING_KEYS_FILE=$folder/keys.pem PGOPTIONS=--client-min-messages=warning
"$program" keys new >/dev/null

# Seconds, seconds of CPU of the program itself, and its most memory in MiB, into $took.
timed() {
    command time -o "$folder/time" -f '%e %U %S %M' "$@" >"$folder/said" 2>&1 || { cat "$folder/said" >&2; exit 1; }
    took=$(awk '{ printf "%.1f %.1f %.0f", $1, $2 + $3, $4 / 1024 }' "$folder/time")
}

# Milliseconds of a request that must go well.
ask() {
    curl -sS --fail --max-time 600 -o /dev/null -w '%{time_total}\n' ${token:+-H "authorization: Bearer $token"} "$@" |
        awk '{ printf "%.0f\n", $1 * 1000 }'
}

megabytes() { awk -v bytes="$1" 'BEGIN { printf "%.1f", bytes / 1e6 }'; }

median() { sort -n | awk '{ at[NR] = $1 } END { print at[int((NR + 1) / 2)] }'; }

# A simulated campaign as the register of its units and a table with the last word on each day.
simulate() {
    "$program" simulate --out "$folder/pack" --seed 1 --units "$1" >/dev/null
    awk -F, -v OFS=, 'NR == 1 { print $1, $2, $3, $4, $5, $6; next }
        { day = $1 OFS $2 } day != last && NR > 2 { print line } { last = day; line = $1 OFS $2 OFS $3 OFS $4 OFS $5 OFS $6 }
        END { print line }' "$folder/pack/figures.csv" >"$folder/figures.csv"
    units=$(($(wc -l <"$folder/pack/units.csv") - 1)) figures=$(($(wc -l <"$folder/figures.csv") - 1))
    head -n 1 "$folder/pack/figures.csv" >"$folder/none" && mv "$folder/none" "$folder/pack/figures.csv"
    rm -f "$folder"/pack/{adjustments,excused,start_levels,states}.csv
}

new_database() {
    rm -f "$folder"/measured.db*
    export DATABASE_URL=sqlite:$folder/measured.db
    [ "$1" = sqlite ] && return
    psql -q "${POSTGRES/\%s/postgres}" -c 'DROP DATABASE IF EXISTS greenzone_slopes' \
        -c "CREATE DATABASE greenzone_slopes ENCODING 'UTF8' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    DATABASE_URL=${POSTGRES/\%s/greenzone_slopes}
    [ "$1" = postgres ] || "$program" migrate --partitions "$partitions" >/dev/null
}

# Bytes of the whole database.
disk() {
    if [ "$1" = sqlite ]; then
        du -cb "$folder"/measured.db* | awk 'END { print $1 }'
    else
        psql -qAt "$DATABASE_URL" -c 'SELECT pg_database_size(current_database())'
    fi
}

# A figure of each of some units, a request each: history, revision and log grow with it.
# Says how many.
write_singly() {
    grep ,residential_group, "$folder/pack/units.csv" | { head -n 4000; cat >/dev/null; } | cut -d, -f1 >"$folder/units"
    awk -v address="$1" -v token="$token" 'NR > 1 { print "next" } {
        printf "url = \"%s/units/%s/figures/2021-07-13\"\nrequest = PUT\noutput = /dev/null\n", address, $0
        printf "header = \"content-type: application/json\"\nheader = \"authorization: Bearer %s\"\n", token
        printf "data = \"{\\\"community_f0\\\":%d}\"\n", 60 + NR % 30 }' "$folder/units" >"$folder/requests"
    curl -sS --fail -K "$folder/requests" >/dev/null
    wc -l <"$folder/units"
}

measure() {
    new_database "$1"
    timed "$program" import "$folder/pack"
    local code=simulated-1-$2
    timed "$program" import "$folder/figures.csv" --campaign "$code"
    local import=$took bytes
    bytes=$(disk "$1")
    echo 'a password of no use' | "$program" user add measurer --role council >/dev/null 2>"$folder/said" || { cat "$folder/said" >&2; exit 1; }
    local begun
    begun=$(date +%s.%N)
    GREENZONE_ADDR=$address "$program" serve >"$folder/log" 2>&1 &
    server=$!
    until curl -sf "http://$address/readyz" >/dev/null; do kill -0 $server || { cat "$folder/log" >&2; exit 1; }; sleep 0.05; done
    local board="http://$address/api/v1/campaigns/$code/leaderboard?kind=residential_group&limit=50" first cpu memory
    ask "$board" >/dev/null
    first=$(awk -v a="$begun" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
    cpu=$(awk -v ticks="$(getconf CLK_TCK)" '{ printf "%.1f", ($14 + $15) / ticks }' "/proc/$server/stat")
    memory=$(awk '/VmRSS|VmHWM/ { printf "%.0f ", $2 / 1024 }' /proc/$server/status)
    token=$(curl -sS --fail -H 'content-type: application/json' -d '{"username":"measurer","password":"a password of no use"}' \
        "http://$address/api/v1/auth/login" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    # days that nobody has asked for yet, so each is computed
    local boards writes=
    boards=$(for day in 11 13 15 17 19 21; do ask "$board&as_of=2021-07-$day"; done | median)
    local unit after past singly
    unit=$(sed -n 3p "$folder/pack/units.csv" | cut -d, -f1)
    after=$(for cases in 71 72 73 74 75; do
        ask -X PUT -H 'content-type: application/json' -d "{\"community_f0\":$cases,\"reason\":\"measured\"}" \
            "http://$address/api/v1/campaigns/$code/units/$unit/figures/2021-07-12" >/dev/null
        ask "$board"
    done | median)
    singly=$(write_singly "http://$address/api/v1/campaigns/$code")
    # the history of every day, which a past board needs
    ask "$board&revision=2" >/dev/null
    past=$(awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$server/status")
    kill $server && wait $server 2>/dev/null || true
    server= token=
    local write=$((($(disk "$1") - bytes) / singly))
    timed "$program" backup --out "$folder/backup.db"
    local backup size
    backup=$(echo "$took" | cut -d' ' -f1,2)
    size=$(du -b "$folder/backup.db" | cut -f 1)
    rm "$folder/backup.db"
    # shellcheck disable=SC2059,SC2086
    printf "$line" "$1" "$units" "$figures" $import "$(megabytes "$bytes")" "$first" "$cpu" ${memory% } \
        "$boards" "$after" "$write" "$past" $backup "$(megabytes "$size")" |
        tee -a "$folder/table"
}

# cpu is of the program alone, not of PostgreSQL; peak, held and past are MiB of memory, board and
# after (the first page after a write) ms, write the bytes that a single write
# leaves, past the most memory once a past board was asked for
line='%-11s %8s %9s %8s %6s %6s %8s %7s %6s %6s %6s %6s %6s %6s %6s %8s %6s %8s\n'
# shellcheck disable=SC2059
printf "$line" engine units figures import_s cpu_s peak disk_MB start_s cpu_s peak held board after \
    write past backup_s cpu_s file_MB
for size in $sizes; do
    simulate "$size"
    for engine in $engines; do measure "$engine" "$size"; done
    rm -rf "$folder/pack" "$folder/figures.csv"
done
# from the smallest to the largest: what one more figure, or one more unit, costs
awk '!($1 in least) { least[$1] = $0; next }
    { split(least[$1], at); units = ($2 - at[2]) / 1e6; figures = ($3 - at[3]) / 1e6
      costs[$1] = sprintf("%s: a million figures more cost %.1f s of import (%.1f of CPU), %.1f MB of disk, " \
          "%.1f s of backup (%.1f of CPU) and %.1f MB of file; a million units more %.0f MiB held, %.0f MiB at most " \
          "in an import, %.1f s of start (%.1f of CPU), %.0f ms a board, %.0f ms the first page after a write, %.0f MiB for past boards", $1,
          ($4 - at[4]) / figures, ($5 - at[5]) / figures, ($7 - at[7]) / figures, ($16 - at[16]) / figures,
          ($17 - at[17]) / figures, ($18 - at[18]) / figures, ($11 - at[11]) / units, ($6 - at[6]) / units,
          ($8 - at[8]) / units, ($9 - at[9]) / units, ($12 - at[12]) / units, ($13 - at[13]) / units, ($15 - at[15]) / units) }
    END { for (engine in costs) print costs[engine] }' "$folder/table"
