#!/usr/bin/env bash
# A steady load on one server, for long: latency from each request's due time, memory once a second.
#
#   bench/soak.sh                                       ambito on SQLite, 8,000 comuni, 2,000 requests a second for ten minutes
#   bench/soak.sh --contestant ambito-postgres --seconds 60 --rate 500 --data 20 --connections 64
#
# Needs what run.sh needs, but for wrk. Raw figures, a line a second: target/bench/soak-TIME.jsonl, or --results FILE.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=bench/lib/ground.sh
source bench/lib/ground.sh

data=8000
results=
passed=()
while (($# > 0)); do
  case $1 in
    --data) data=$2 ;;
    --results) results=$2 ;;
    --contestant | --seconds | --rate | --connections | --log) passed+=("$1" "$2") ;;
    *) fail "unknown option $1; the head of this file lists them" ;;
  esac
  shift 2
done

need_tools
trap ground_clear EXIT
build
start_postgres
prepare_all "$data"
results=${results:-$WORK/soak-$(date -u +%Y%m%dT%H%M%SZ).jsonl}
node bench/lib/steady.mjs --work "$WORK" --peers "$PEERS" --programs "$TARGET/dist" --ambito "$AMBITO" --psql "$PGBIN/psql" \
  --postgres "$POSTGRES" --results "$results" --data "$data" "${passed[@]}"
say "raw figures: $results"
