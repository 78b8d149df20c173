#!/usr/bin/env bash
# Memory disks of every size from too small to large enough, and memory limits: a run, a sweep and a comparison end with 3 and
# a reason, or with 0 and a whole folder, and nothing stays that looks like a result: tests/full_disks.sh [CASIM]
#
# Skips with a line where no disk can be mounted (it needs `unshare -m`, as root).
set -euo pipefail
cd "$(dirname "$0")/.."
casim=$(realpath "${1:-target/release/casim}")
if ! unshare -m true 2>/dev/null; then
    echo "skipped: no disk can be mounted here (unshare -m)"
    exit 0
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir "$place/disk"
cp scenarios/two-names-one-site.toml "$place/s.toml"
set_=(--set "run.window=1 h" --set "run.warmup=0 s" --charts none -q)
export place casim
# shellcheck disable=SC2016 # expanded by the inner shell
unshare -m bash -euo pipefail -c '
    mount -t tmpfs -o size=100m tmpfs "$place/disk"
    cd "$place/disk"
    for command in "run ../s.toml" "sweep ../s.toml --vary run.load=50%..150%:50% --replications 2" \
        "compare ../s.toml ../s.toml --replications 2"; do
        full=0 enough=0
        for kb in $(seq 4 12 700); do
            find . -mindepth 1 -delete
            mount -o "remount,size=${kb}k" "$place/disk"
            code=0
            # shellcheck disable=SC2086
            "$casim" $command "$@" -o out >/dev/null 2>../err || code=$?
            left=$(ls -A | tr "\n" " ")
            case "$code $left" in
                "0 out ") enough=$((enough + 1)) ;;
                # What was finished is gone on with.
                "3 " | "3 .out.casim-items ")
                    grep -q "No space left" ../err || { cat ../err; exit 1; }
                    full=$((full + 1))
                    ;;
                *)
                    echo "$kb kB: exit $code, and there is: $left"
                    cat ../err
                    exit 1
                    ;;
            esac
        done
        echo "$command: $full disks full, $enough large enough"
        [ "$full" -gt 5 ] && [ "$enough" -gt 0 ]
    done
' _ "${set_[@]}"
# Where memory ends nothing can be said any more: it is as if the process were killed, and the next run starts.
ended=0
for kb in $(seq 20000 500 32000); do
    # A shell of its own, which says nothing of what was aborted.
    bash -c 'ulimit -v "$1" -c 0; shift; "$@"' _ "$kb" "$casim" run "$place/s.toml" "${set_[@]}" --jobs 1 \
        -o "$place/short" >/dev/null 2>&1 || ended=$((ended + 1))
    if [ -e "$place/short" ]; then
        "$casim" verify -q "$place/short" >/dev/null
        rm -r "$place/short"
    fi
done
"$casim" run "$place/s.toml" "${set_[@]}" -o "$place/short" >/dev/null
echo "$ended of 25 runs ended by a limit of memory; the next one starts"
[ "$(find "$place" -maxdepth 1 -name '.*' | wc -l)" = 0 ] || { ls -A "$place"; exit 1; }
