#!/usr/bin/env bash
# Measures ambito against its limit and its peers, and prints tables for docs/performance.md.
#
#   bench/run.sh                 all of it: 20 and 8,000 comuni, three rounds, all contestants (about 80 minutes after the builds)
#   bench/run.sh --quick         one round of a second a case, 20 comuni (some minutes after the builds)
#
# Needs Linux, Rust, Node.js with npm, PostgreSQL 15 or later (Debian: postgresql-15) and wrk (Debian: wrk); fetches crates and npm packages from
# the usual registries. Everything it makes is in target/bench, but for a throwaway PostgreSQL in the temporary folder, removed at the end.
#
#   --data LIST          of 20, 8000 (400 Ambiti of 20), 8000-one (one Ambito)       (20,8000)
#   --contestants LIST   of those in bench/lib/contestants.mjs
#   --queries LIST       of q1, q2, q3, q4
#   --modes LIST         of repeated, variables, documents, persisted
#   --connections LIST   (32)         --rounds N  (3)      --seconds N  (5)      --warm-up N  (2)
#   --sweep              ambito also with 1, 8 and 64 connections
#   --log LEVEL          of ambito; `info` writes a line a request                   (warn)
#   --results FILE       where the raw figures go, as JSON lines                     (target/bench/results-TIME.jsonl)
#   AMBITO=PROGRAM, POSTGRES=URL (environment): measure this program, use this server as its superuser (its processor time is then not known)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=bench/lib/ground.sh
source bench/lib/ground.sh

data=20,8000
results=
passed=()
while (($# > 0)); do
  case $1 in
    --quick) data=20 passed+=(--rounds 1 --seconds 1 --warm-up 1) ;;
    --sweep) passed+=(--sweep) ;;
    --data) data=$2; shift ;;
    --results) results=$2; shift ;;
    --contestants | --queries | --modes | --connections | --rounds | --seconds | --warm-up | --log) passed+=("$1" "$2"); shift ;;
    *) fail "unknown option $1; the head of this file lists them" ;;
  esac
  shift
done

need_tools
need wrk "on Debian: apt-get install wrk"
trap ground_clear EXIT
build
start_postgres
prepare_all ${data//,/ }
results=${results:-$WORK/results-$(date -u +%Y%m%dT%H%M%SZ).jsonl}
mkdir -p "$(dirname "$results")"

node bench/lib/main.mjs --work "$WORK" --peers "$PEERS" --programs "$TARGET/dist" --ambito "$AMBITO" --psql "$PGBIN/psql" \
  --postgres "$POSTGRES" --postgres-pid "$postgres_pid" --results "$results" --data "$data" "${passed[@]}"
say "raw figures: $results"

echo "$(date -u +%F), commit $(git rev-parse --short HEAD), $(nproc) processors ($(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)), \
$(rustc --version | cut -d' ' -f1,2), Node $("$PEERS/node/node_modules/.bin/node" --version), PostgreSQL $("$PGBIN/postgres" --version | cut -d' ' -f3), $(wrk -v 2>&1 | head -n 1 | cut -d' ' -f1,2)."
echo
node bench/lib/report.mjs "$results"
