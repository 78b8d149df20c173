#!/usr/bin/env bash
# Counts the instructions of some commands by callgrind and compares them with benches/figures.toml: fails where one takes
# over 3 % more. With --write the new counts are written there instead.
#
# Needs valgrind (a package of every distribution), and the compiler, C library and vector instructions that the
# figures are of; without them nothing is compared, and it says so.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/step
figures=benches/figures.toml
most=3.0

if ! command -v valgrind >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Debian's valgrind"
    timeout 120 sh -c 'apt-get update && apt-get install -y --no-install-recommends valgrind' >/dev/null 2>&1 || true
fi
if ! command -v valgrind >/dev/null; then echo "skipped: no valgrind (Debian: apt-get install valgrind)"; exit 0; fi
vectors=$(grep -m1 -ow avx2 /proc/cpuinfo || echo "no avx2")
here="rustc $(rustc --version | cut -d' ' -f2), $(getconf GNU_LIBC_VERSION || echo "no glibc"), $vectors"
of=$(sed -n 's/^with = "\(.*\)"/\1/p' $figures)
if [ "${1-}" != --write ] && [ "$here" != "$of" ]; then
    echo "skipped: the figures are of $of, and this is $here"
    exit 0
fi

cargo build --locked --release --quiet
casim=$(binary release)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Instructions of a run with these arguments, on one core.
counted() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$casim" run "$@" \
        --jobs 1 --no-twin --charts none --quiet --output "$folder/out" --force 2>"$folder/said" >/dev/null ||
        { cat "$folder/said" >&2; return 1; }
    sed -n 's/.*refs: *//p' "$folder/said" | tr -d ,
}
exchange=(scenarios/single-namespace.toml --replications 1)

failed=0
for name in w2 single-namespace start; do
    case $name in
        w2) now=$(counted benches/w2.toml --sessions none) ;;
        single-namespace)
            now=$(counted "${exchange[@]}" --set 'run.window="10:00 - 10:10"' --set 'run.warmup="5 min"')
            ;;
        start) now=$(counted "${exchange[@]}" --set 'run.window="10:00 - 10:01"' --set 'run.warmup="0 min"') ;;
    esac
    was=$(awk -v name="[$name]" '$1 == name { on = 1 } on && $1 == "instructions" { print $3; exit }' $figures)
    change=$(awk -v now="$now" -v was="$was" 'BEGIN { printf "%+.2f", was ? 100 * (now / was - 1) : 0 }')
    printf '%-18s %12d instructions, %12d before: %s %%\n' "$name" "$now" "$was" "$change"
    if [ "${1-}" = --write ]; then
        awk -v name="[$name]" -v now="$now" '
            $1 == name { on = 1 }
            on && $1 == "instructions" { print "instructions = " now; on = 0; next }
            { print }' $figures >"$folder/new"
        sed -i "s/^with = .*/with = \"$here\"/" "$folder/new"
        cp "$folder/new" $figures
    elif awk -v change="$change" -v most=$most 'BEGIN { exit !(change > most) }'; then
        echo "  more than $most %: find out why, or write it down (tests/instructions.sh --write) and say what for"
        failed=1
    elif awk -v change="$change" -v most=$most 'BEGIN { exit !(change < -most) }'; then
        echo "  less by more than $most %: write it down (tests/instructions.sh --write), so that it is kept"
    fi
done
exit $failed
