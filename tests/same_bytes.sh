#!/usr/bin/env bash
# Same input, same bytes: plays one scenario 20 times, on 1, 2 and 8 threads, by a debug
# and a release build, from other working folders, under other locales and time zones, and
# compares the SHA-256 of every file. A smaller form of it is part of `cargo test`
# (`same_scenario_same_bytes`).
#
#   tests/same_bytes.sh [SCENARIO.toml]
#
# Exit 1 when any byte differs.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
scenario=$(realpath "${1:-$here/scenarios/single-namespace.toml}")
cd "$here"
cargo build --locked -q
cargo build --locked -q --release
target=$(cargo metadata --locked --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
zones=(UTC Asia/Kolkata America/St_Johns Pacific/Apia)
locales=(C de_DE.UTF-8 tr_TR.UTF-8 ar_EG.UTF-8)
threads=(1 2 8)
first=
for run in $(seq 1 20); do
    build=release
    if ((run % 5 == 0)); then build=debug; fi
    folder=$work/at/$run/deep/er
    mkdir -p "$folder"
    cp "$scenario" "$folder/scenario.toml"
    (
        cd "$folder"
        TZ=${zones[run % 4]} LC_ALL=${locales[run % 4]} "$target/$build/casim" run scenario.toml -o "out-$run" -q \
            --jobs "${threads[run % 3]}" --replications 3 --set run.window='"20 min"' --set run.warmup='"5 min"' \
            2>/dev/null
        cd "out-$run"
        find . -type f -print0 | sort -z | xargs -0 sha256sum
    ) >"$work/$run.sums"
    sum=$(sha256sum <"$work/$run.sums")
    : "${first:=$sum}"
    if [ "$sum" != "$first" ]; then
        echo "run $run ($build, ${threads[run % 3]} threads, ${zones[run % 4]}, ${locales[run % 4]}) differs:"
        diff "$work/1.sums" "$work/$run.sums" || true
        exit 1
    fi
done
echo "20 runs, the same $(wc -l <"$work/1.sums") files: ${first%% *}"
