#!/usr/bin/env bash
# Prints the figures of the demonstration in docs/performance.md. Needs target/release/ambito, curl and Linux.
set -euo pipefail
cd "$(dirname "$0")/.."
program=target/release/ambito
folder=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null || true; rm -rf "$folder"' EXIT

# Starts the demonstration, asks one question with the token it prints, and says after how many milliseconds the answer was there.
start() {
    local began ended token
    began=$(date +%s%3N)
    "$program" demo --data "$folder/data" --listen 127.0.0.1:18080 >"$folder/out" 2>"$folder/err" &
    pid=$!
    until grep -q '^token COMUNE' "$folder/out"; do sleep 0.005; done
    token=$(sed -n 's/^token COMUNE.*: //p' "$folder/out")
    curl -sf http://127.0.0.1:18080/graphql -H "authorization: Bearer $token" -H 'content-type: application/json' \
        -d '{"query":"{ comune(istatCode: \"017103\") { amountDue(year: 2021) } }"}' | grep -q amountDue
    ended=$(date +%s%3N)
    echo "$1: $((ended - began)) ms"
}

echo "size: $(($(stat -c %s "$program") / 1000000)) MB"
start "first start to first answer"
kill -INT "$pid"; wait "$pid" || true
start "second start to first answer"
sleep 2
echo "resident memory, idle: $(($(awk '/VmRSS/ {print $2}' "/proc/$pid/status") / 1024)) MiB"
