#!/usr/bin/env bash
# Ranks of MPI (cargo feature `cluster`) write the bytes of one process: a sweep, a comparison and a run that decide as
# they go; and a sweep one rank of which was killed goes on with what was finished. Skips where there is no Open MPI.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/step

for tool in mpicc mpirun; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: no $tool (Debian: apt-get install --no-install-recommends libopenmpi-dev openmpi-bin libclang-dev)"
        exit 0
    fi
done
if [ -z "${LIBCLANG_PATH:-}" ] && [ -z "$(find /usr/lib /usr/lib64 /usr/local/lib -name 'libclang*.so*' 2>/dev/null | head -1)" ]; then
    echo "skipped: no libclang (Debian: apt-get install --no-install-recommends libclang-dev)"
    exit 0
fi
# Built once and asked for little: not optimised, beside dependencies that are there.
cargo build --locked --features cluster --config 'profile.dev.package.casim.opt-level=0'
casim=$(binary debug)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Taken before the folder is left: the next build may put another program in its place.
cp "$casim" "$folder/casim"
cd "$folder"
casim=$folder/casim
cat > one.toml <<'SCENARIO'
name = "One core"
[run]
window = "600 s"
warmup = "5 s"
seed = 7
[[station]]
name = "cas"
service = { exponential = { mean = "100 ms" } }
[[source]]
name = "users"
arrivals = { poisson = "5 /s" }
path = ["cas"]
SCENARIO
sed 's/seed = 7/seed = 8/' one.toml > two.toml
ranks=(mpirun -n 2 --oversubscribe)
if [ "$(id -u)" = 0 ]; then ranks+=(--allow-run-as-root); fi

# What one process writes and says, beside what two ranks do; the exit codes too.
same() {
    local want=0 got=0
    "$casim" "$@" -o one >one.txt 2>one.err || want=$?
    "${ranks[@]}" "$casim" "$@" -o ranks --jobs 1 >ranks.txt 2>ranks.err || got=$?
    # mpirun has a code of its own where a rank says no.
    if [ "$((want != 0))" != "$((got != 0))" ]; then cat one.err ranks.err; echo "exit codes $want and $got: $*"; exit 1; fi
    diff -r one ranks
    diff <(sed 's/\<one$//' one.txt) <(sed 's/\<ranks$//' ranks.txt) || { echo "other words: $*"; exit 1; }
    ls -A | grep -E '^\.ranks' && { echo "something is left"; exit 1; }
    rm -rf one ranks
    echo "the same bytes: casim $*"
}
vary=(--vary 'station.cas.cores=1..4' --vary 'run.load=x0.5,x1,x1.5,x2')
same sweep one.toml --charts none "${vary[@]}" --replications 2
same compare one.toml two.toml --charts none --unpaired --set 'run.window=60 s' --precision '0.0001%' --floor '0.0001%' --max-replications 40
same sweep one.toml --charts none --set 'run.window=60 s' --vary 'run.load=0.2..1.8:0.8' --until 'server.cas <= 70 %' --step 0.1 --replications 2 --max-replications 8
same run one.toml --sessions none --charts none --quiet --precision '2%'

# One rank is killed in the middle: mpirun ends the other, what was finished stays.
sweep=(sweep one.toml --charts none "${vary[@]}" --replications 4 --set 'run.window=3000 s' --quiet)
"$casim" "${sweep[@]}" -o one
"${ranks[@]}" "$casim" "${sweep[@]}" -o ranks --jobs 1 >/dev/null 2>killed.err &
for _ in $(seq 200); do
    sleep 0.1
    finished=$({ find .ranks.casim-items -name '*.item' 2>/dev/null || true; } | wc -l)
    if [ "$finished" -ge 5 ]; then break; fi
done
mpirun=$!
kill -KILL "$(pgrep -n -P "$mpirun")"
if wait "$mpirun"; then echo "it was done before a rank was killed"; exit 1; fi
before=$(find .ranks.casim-items -name '*.item' -printf '%f %T@\n' | sort)
"${ranks[@]}" "$casim" "${sweep[@]}" -o ranks --jobs 1
diff -r one ranks
after=$(find ranks/items -name '*.item' -printf '%f %T@\n' | sort)
if [ -n "$(comm -23 <(echo "$before") <(echo "$after"))" ]; then echo "a finished item was played again"; exit 1; fi
echo "the same bytes after a rank was killed with $(wc -l <<<"$before") of $(wc -l <<<"$after") items done, none of them played again"
