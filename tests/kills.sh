#!/usr/bin/env bash
# kill -9 at random moments of a run, until 200 have hit one that was running: its name never holds a part of a result, and the next
# run starts: tests/kills.sh [CASIM [KILLS [SEED]]]
set -euo pipefail
cd "$(dirname "$0")/.."
casim=$(realpath "${1:-target/release/casim}")
wanted=${2:-200}
RANDOM=${3:-1}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp scenarios/two-names-one-site.toml "$place/s.toml"
run=(run "$place/s.toml" --set "run.window=2 h" --set "run.warmup=0 s" --charts svg -q)
began=$(date +%s%N)
"$casim" "${run[@]}" -o "$place/whole" >/dev/null
took=$((($(date +%s%N) - began) / 1000000))
hit=0 whole=0 tried=0
while ((hit < wanted)); do
    tried=$((tried + 1))
    "$casim" "${run[@]}" -o "$place/out" >/dev/null 2>&1 &
    pid=$!
    at=$((RANDOM % (took + took / 8)))
    sleep "$((at / 1000)).$(printf %03d $((at % 1000)))"
    kill -9 "$pid" 2>/dev/null || true
    code=0
    wait "$pid" 2>/dev/null || code=$?
    # 128 + 9: it was running.
    if ((code == 137)); then hit=$((hit + 1)); fi
    if [ -e "$place/out" ]; then
        # Killed behind the last step, or not at all: whole, byte for byte.
        diff -r "$place/whole" "$place/out" >/dev/null
        whole=$((whole + 1))
        rm -r "$place/out"
    fi
done
"$casim" "${run[@]}" -o "$place/out" >/dev/null
diff -r "$place/whole" "$place/out"
left=$(find "$place" -maxdepth 1 -name '.*' ! -name . | wc -l)
echo "$hit kills of a run of $took ms in $tried runs, $whole of which came to their end: never a part under its name, $left hidden names left"
[ "$left" = 0 ]
