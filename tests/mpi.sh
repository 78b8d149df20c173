#!/usr/bin/env bash
# Ranks of MPI (cargo feature `cluster`) write the bytes of one process: a sweep, a comparison, a plan, a study of
# sensitivity and a run that decide as they go; and a sweep one rank of which was killed goes on with what was finished. Skips where there is no Open MPI.
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
    "$casim" "$@" -o alone >alone.txt 2>alone.err || want=$?
    "${ranks[@]}" "$casim" "$@" -o ranks --jobs 1 >ranks.txt 2>ranks.err || got=$?
    # mpirun has a code of its own where a rank says no.
    if [ "$((want != 0))" != "$((got != 0))" ]; then cat alone.err ranks.err; echo "exit codes $want and $got: $*"; exit 1; fi
    diff -r alone ranks
    diff <(sed 's/\<alone$//' alone.txt) <(sed 's/\<ranks$//' ranks.txt) || { echo "other words: $*"; exit 1; }
    ls -A | grep -E '^\.ranks' && { echo "something is left"; exit 1; }
    rm -rf alone ranks
    echo "the same bytes: casim $*"
}
vary=(--vary 'station.cas.cores=1..4' --vary 'run.load=x0.5,x1,x1.5,x2')
same sweep one.toml --charts none "${vary[@]}" --replications 2
same compare one.toml two.toml --charts none --unpaired --set 'run.window=60 s' --precision '0.0001%' --floor '0.0001%' --max-replications 40
same sweep one.toml --charts none --set 'run.window=60 s' --vary 'run.load=0.2..1.8:0.8' --until 'server.cas <= 70 %' --step 0.1 --replications 2 --max-replications 8
cat > exchange.toml <<'SCENARIO'
name = "Planned"
exchange = "2007"

[run]
window = "10:00 - 10:01"
warmup = "10 s"
interval = "1 min"
seed = 1

[slo]
cpu = "60 %"

[[site]]
name = "HQ"
internet = { bandwidth = "100 Mbps", latency = "4 ms" }
cas = { servers = 1, cores = 1, mhz = "100 MHz" }
mailbox = { servers = 1, cores = 2, mhz = "200 MHz" }
owa = { external_url = "https://mail.contoso.com/owa", auth = ["forms"] }

[[namespace]]
name = "mail.contoso.com"
internet = ["HQ"]

[[population]]
name = "Staff"
home = "HQ"
mailboxes = 600
from = "Internet"
namespace = "mail.contoso.com"
clients = { owa = 0.5 }

[prices]
currency = "EUR"

[[prices.server]]
name = "Small"
cores = 1
mhz = "100 MHz"
once = 1000
a_year = 100

[plan]
years = 3

[[plan.bound]]
of = "site.HQ.cas"
most = 4

[[plan.bound]]
of = "site.HQ.mailbox"
most = 1
SCENARIO
same plan exchange.toml --charts none
same sensitivity exchange.toml --charts none --only 'costs.*' --replications 2 --budget 10
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
