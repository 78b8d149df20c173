#!/usr/bin/env bash
# Same input, same bytes: plays a scenario 20 times, on 1, 2 and 8 threads, by a debug
# and a release build, from other working folders, under other locales and time zones, and
# compares the SHA-256 of every file of the output. A smaller form of it is part of
# `cargo test` (`same_scenario_same_bytes`).
#
#   tests/same_bytes.sh                              the three scenarios at the end
#   tests/same_bytes.sh SCENARIO.toml [OPTION ...]   one, with options of `casim run`
#
# Exit 1 when any byte differs, 2 when a run fails.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
chosen=
if (($#)); then
    chosen=$(realpath "$1")
    shift
fi
cd "$here"
cargo build --locked -q
cargo build --locked -q --release
target=$(cargo metadata --locked --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
zones=(UTC Asia/Kolkata America/St_Johns Pacific/Apia)
# A locale that is not installed acts as C.
locales=(C de_DE.UTF-8 tr_TR.UTF-8 ar_EG.UTF-8 C.UTF-8)
threads=(1 2 8)

# SCENARIO.toml OPTION ...
same() {
    local scenario=$1 first='' run build folder sum code
    shift
    rm -rf "${work:?}"/*
    for run in $(seq 1 20); do
        build=release
        if ((run % 5 == 0)); then build=debug; fi
        folder=$work/at/$run/deep/er
        mkdir -p "$folder"
        # The whole folder, since a scenario may name files beside it.
        cp -r "$(dirname "$scenario")/." "$folder"
        (
            cd "$folder"
            code=0
            TZ=${zones[run % 4]} LC_ALL=${locales[run % 5]} "$target/$build/casim" run "$(basename "$scenario")" \
                -o "out-$run" -q --jobs "${threads[run % 3]}" "$@" >/dev/null 2>"$work/err" || code=$?
            # 1: a goal is missed.
            if ((code > 1)); then
                cat "$work/err" >&2
                exit 2
            fi
            cd "out-$run"
            find . -type f -print0 | sort -z | xargs -0 sha256sum
        ) >"$work/$run.sums"
        sum=$(sha256sum <"$work/$run.sums")
        : "${first:=$sum}"
        if [ "$sum" != "$first" ]; then
            echo "run $run ($build, ${threads[run % 3]} threads, ${zones[run % 4]}, ${locales[run % 5]}) differs:"
            diff "$work/1.sums" "$work/$run.sums" || true
            exit 1
        fi
        rm -rf "$folder"
    done
    echo "$(basename "$scenario"): 20 runs, the same $(wc -l <"$work/1.sums") files: ${first%% *}"
}

if [ -n "$chosen" ]; then
    same "$chosen" "$@"
else
    # Nine replications of a common hour; a line that is cut and clients that try again;
    # replications that a precision asks for.
    same "$here/scenarios/single-namespace.toml" --replications 9 --set 'run.window="09:00 - 09:20"' --set 'run.warmup="5 min"'
    same "$here/scenarios/wan-cut-at-eleven.toml" --replications 3
    same "$here/scenarios/regional-namespaces.toml" --precision 20% --set 'run.window="09:00 - 09:20"' --set 'run.warmup="5 min"'
fi
