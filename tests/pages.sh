#!/usr/bin/env bash
# report.html in a real browser, driven: nothing is asked for, no error in its console, the figures of the tables,
# sorting, cursor, switches and keyboard, two widths, print, contrast and roles by axe-core, and without scripts.
# `tests/pages.sh` looks at one page, `tests/pages.sh all` at those of six scenarios, of a comparison, a migration, a sweep, a plan
# and a study of sensitivity. Skips where there is no browser.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/step

for tool in node npm; do
    if ! command -v "$tool" >/dev/null; then echo "skipped: no $tool"; exit 0; fi
done
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}
if [ ! -x "$CHROMIUM" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Debian's chromium"
    { apt-get update && apt-get install -y --no-install-recommends chromium; } >/dev/null 2>&1 || true
fi
if [ ! -x "$CHROMIUM" ]; then echo "skipped: no $CHROMIUM (Debian: apt-get install --no-install-recommends chromium)"; exit 0; fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cp tests/browser/package.json tests/browser/pages.js "$place"
if ! (cd "$place" && npm install --no-audit --no-fund --silent); then
    echo "skipped: npm cannot fetch playwright-core and axe-core"
    exit 0
fi
# The tests' own build has other features of crates: a debug build would be one more.
cargo build --locked --release
casim=$(binary release)
cp "$casim" "$place/casim"

# NAME SCENARIO OPTIONS...: its page.
run() {
    local name=$1 scenario=$2
    shift 2
    "$place/casim" run "$scenario" -q --charts svg --sessions none -o "$place/$name" "$@"
    pages+=("$place/$name")
}
pages=()
run one scenarios/wan-cut-at-eleven.toml --set 'run.load=0.2'
if [ "${1:-}" = all ]; then
    run cut scenarios/wan-cut-at-eleven.toml --replications 5
    run quiet scenarios/lunch-rush.toml --set 'run.load=0.1'
    run single scenarios/single-namespace.toml --set run.window=09:00-11:00
    run lost scenarios/site-loss.toml
    # Nobody is served: the one name leads to a site without a way to the Internet.
    cat > "$place/nobody.toml" <<'SCENARIO'
name = "Nobody is served"
exchange = "2007"
[run]
window = "09:00 - 10:00"
warmup = "10 min"
[[site]]
name = "Hub"
internet = { bandwidth = "100 Mbps" }
cas = { servers = 1, cores = 4 }
mailbox = { servers = 1, cores = 4 }
owa = { external_url = "https://mail.contoso.com/owa" }
[[namespace]]
name = "mail.contoso.com"
internet = ["Hub"]
[[population]]
name = "staff"
home = "Hub"
mailboxes = 2000
namespace = "mail.contoso.com"
clients = { owa = 1.0 }
[[outage]]
name = "everything"
what = "site.Hub"
at = "08:00"
for = "4 h"
[slo]
owa = { p95 = "2 s", failures = "1 %" }
SCENARIO
    run nobody "$place/nobody.toml"
    # Sixty sites behind four that face the Internet.
    {
        printf 'name = "Sixty sites"\nexchange = "2007"\n[run]\nwindow = "09:00 - 09:30"\nwarmup = "5 min"\n[slo]\nowa = { p95 = "2 s" }\n'
        for hub in 1 2 3 4; do
            printf '[[site]]\nname = "Hub %s"\ninternet = { bandwidth = "300 Mbps" }\ncas = { servers = 2, cores = 4 }\nmailbox = { servers = 1, cores = 4 }\nowa = { external_url = "https://m%s.contoso.com/owa" }\n[[namespace]]\nname = "m%s.contoso.com"\ninternet = ["Hub %s"]\n' $hub $hub $hub $hub
            for leaf in $(seq 14); do
                printf '[[site]]\nname = "Leaf %s-%s"\ncas = { servers = 1, cores = 2 }\nmailbox = { servers = 1, cores = 2 }\nowa = { auth = ["integrated"] }\n[[link]]\nbetween = ["Hub %s", "Leaf %s-%s"]\nbandwidth = "4 Mbps"\nlatency = "20 ms"\n[[population]]\nname = "Staff %s-%s"\nhome = "Leaf %s-%s"\nmailboxes = 150\nnamespace = "m%s.contoso.com"\nclients = { owa = 0.5, eas = 0.5 }\n' $hub $leaf $hub $hub $leaf $hub $leaf $hub $leaf $hub
            done
        done
    } > "$place/sixty.toml"
    run sixty "$place/sixty.toml"

    # NAME COMMAND ARGUMENTS...: the page of what is decided.
    decide() {
        local name=$1 command=$2
        shift 2
        "$place/casim" "$command" "$@" -q --charts svg -o "$place/$name"
        pages+=("$place/$name")
    }
    short=(--set 'run.window=10:00-10:10' --set 'run.warmup=1 min')
    decide compared compare scenarios/single-namespace.toml scenarios/regional-namespaces.toml --replications 10 "${short[@]}"
    decide migrated compare tests/scenarios/migration/*.toml --in-order --replications 4
    decide swept sweep scenarios/branch-offices-t1.toml --vary 'run.load=50%..150%:50%' --vary 'site.*.cas.servers=1,2' --replications 2 "${short[@]}"
    decide until sweep scenarios/lunch-rush.toml --law-only --vary 'run.load=x0.1..x10:log5' --until slo
    decide moved sensitivity scenarios/lunch-rush.toml --budget 40 --set 'run.window=12:00-12:10' --set 'run.warmup=1 min'
    # The scenario of the test of plans, and one that has no answer.
    sed -n '/^const SCENARIO/,/^"#;/p' tests/integration/plan.rs | sed '1d;$d' > "$place/planned.toml"
    sed 's/most = 4/most = 2/; s/"Planned"/"Few"/' "$place/planned.toml" > "$place/few.toml"
    decide planned plan "$place/planned.toml"
    decide designs plan "$place/few.toml" "$place/planned.toml" --law-only
fi
(cd "$place" && node pages.js "${pages[@]}")
