#!/usr/bin/env bash
# The same bytes on processors with and without AVX and FMA, which qemu plays: tests/processors.sh [CASIM]
# Skips with a line where there is no qemu-x86_64 (package qemu-user).
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v qemu-x86_64 >/dev/null; then
    echo "skipped: there is no qemu-x86_64 (package qemu-user)"
    exit 0
fi
casim=${1:-target/release/casim}
place=$(mktemp -d)
trap 'rm -r "$place"' EXIT
# Two sites, three protocols, a line that is cut; and laws of every kind.
for scenario in tests/scenarios/processors.toml tests/scenarios/custom.toml; do
    name=$(basename "$scenario" .toml)
    set_=(--set "run.window=5 min" --set "run.warmup=0 s")
    "$casim" run "$scenario" "${set_[@]}" --quiet --charts svg -o "$place/$name-here"
    for processor in Nehalem SandyBridge Haswell; do
        qemu-x86_64 -cpu "$processor" "$casim" run "$scenario" "${set_[@]}" --quiet --jobs 1 --charts svg \
            -o "$place/$name-$processor" 2>/dev/null
        diff -r "$place/$name-here" "$place/$name-$processor"
        echo "$name on $processor: $(find "$place/$name-here" -type f | wc -l) files, the same bytes"
    done
done
