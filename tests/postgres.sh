#!/usr/bin/env bash
# Every test on PostgreSQL: makes a throwaway cluster, runs `cargo test` against it, and removes it, also when interrupted.
#
#   tests/postgres.sh [arguments of cargo test]     for example: tests/postgres.sh -p api --test main storage
#   tests/postgres.sh --cluster make                makes and starts a cluster; prints its folder and its superuser's URL
#   tests/postgres.sh --cluster stop|start|freeze|thaw|remove FOLDER
#
# The second form is for tests that take a database away, and for trying things by hand. A cluster listens on this machine only and keeps nothing
# safe. Needs PostgreSQL 15 or later; the Debian package is installed where no binaries are found.
set -euo pipefail

readonly VERSION_MIN=15
readonly PORT_TRIES=20

fail() {
  echo "postgres.sh: $*" >&2
  exit 1
}

# Sets `bin` to the folder of the newest binaries; false where there are none.
find_binaries() {
  local found
  bin=
  # By its `initdb`: the tools of clients alone may be there in a newer version.
  found=$(ls -d /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb 2>/dev/null | sort -V | tail -n 1 || true)
  found=${found%/initdb}
  if [[ -z "$found" ]] && command -v initdb >/dev/null; then
    found=$(dirname "$(command -v initdb)")
  fi
  [[ -n "$found" && -x "$found/initdb" && -x "$found/pg_ctl" ]] || return 1
  bin=$found
}

install_binaries() {
  find_binaries && return
  command -v apt-get >/dev/null || fail "no PostgreSQL here; install version $VERSION_MIN or later"
  local as_root=()
  [[ $(id -u) -eq 0 ]] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq >&2
  # The package makes a cluster of its own and starts it, also at every start of the machine, unless it is told not to before it is installed.
  local settings=/etc/postgresql-common/createcluster.conf usual=/usr/share/postgresql-common/createcluster.conf ours=
  if [[ ! -e "$settings" ]]; then
    ours=yes
    "${as_root[@]}" mkdir -p "$(dirname "$settings")"
    echo 'create_main_cluster = false' | "${as_root[@]}" tee "$settings" >/dev/null
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
  # Whoever installs another version later gets what the package does by itself.
  [[ -z "$ours" || ! -e "$usual" ]] || "${as_root[@]}" cp "$usual" "$settings"
  find_binaries || fail "the package postgresql brought no binaries"
}

# Runs a command as whoever owns clusters: PostgreSQL does not run as root.
as_owner() {
  if [[ $(id -u) -ne 0 ]]; then
    "$@"
    return
  fi
  local owner=nobody
  if id postgres >/dev/null 2>&1; then owner=postgres; fi
  # From a folder that it may enter.
  (cd / && setpriv --reuid="$owner" --regid="$(id -g "$owner")" --clear-groups -- "$@")
}

# Exit code 0 where something listens.
is_taken() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

start_cluster() {
  as_owner "$bin/pg_ctl" --pgdata="$1/data" --log="$1/log" --silent --wait --timeout=60 start >/dev/null
}

make_cluster() {
  local folder password port tries version
  version=$("$bin/initdb" --version | grep -oE '[0-9]+' | head -n 1)
  ((version >= VERSION_MIN)) || fail "PostgreSQL $version is too old; $VERSION_MIN or later is needed"
  folder=$(mktemp -d "${TMPDIR:-/tmp}/ambito-postgres.XXXXXXXX")
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  (umask 077 && echo "$password" >"$folder/password")
  if [[ $(id -u) -eq 0 ]]; then
    chown -R "$(as_owner id -u)" "$folder"
  fi
  # Passwords in clear text over the loopback: hashing one for each of a thousand connections would be felt.
  # Sorted as in Italy, so that an order that was meant to be by bytes shows where it is not.
  as_owner "$bin/initdb" --pgdata="$folder/data" --username=postgres --pwfile="$folder/password" --auth=password \
    --encoding=UTF8 --locale=C.UTF-8 --locale-provider=icu --icu-locale=it-IT --no-sync >/dev/null
  rm "$folder/password"
  # Nothing is to outlive the machine's next crash, so nothing waits for the disk. Commits stay in order: a test stops the cluster
  # without a goodbye and wants every one of them back.
  as_owner tee -a "$folder/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
fsync = off
full_page_writes = off
CONF
  for ((tries = PORT_TRIES; tries > 0; tries--)); do
    port=$((20000 + RANDOM % 12000))
    is_taken "$port" && continue
    echo "port = $port" | as_owner tee "$folder/data/postgresql.auto.conf" >/dev/null
    if start_cluster "$folder"; then
      echo "$folder"
      echo "postgres://postgres:$password@127.0.0.1:$port/postgres"
      return
    fi
  done
  cat "$folder/log" >&2 || true
  remove_cluster "$folder"
  fail "the cluster does not start"
}

# Without a goodbye: connections break, and the next start has to recover.
stop_cluster() {
  as_owner "$bin/pg_ctl" --pgdata="$1/data" --silent --wait --mode=immediate stop >/dev/null
}

# Sends a signal to every process of a cluster.
signal_cluster() {
  local postmaster
  postmaster=$(head -n 1 "$2/data/postmaster.pid")
  kill "-$1" "$postmaster" $(cat "/proc/$postmaster/task/$postmaster/children")
}

remove_cluster() {
  if [[ -f "$1/data/postmaster.pid" ]]; then
    signal_cluster CONT "$1" 2>/dev/null || true
    stop_cluster "$1" || true
  fi
  rm -rf "$1"
}

cluster() {
  local action=${1:-} folder=${2:-}
  [[ "$action" == make || -d "$folder/data" ]] || fail "--cluster make, or stop, start, freeze, thaw, remove with the folder of a cluster"
  case "$action" in
    make) make_cluster ;;
    start) start_cluster "$folder" ;;
    stop) stop_cluster "$folder" ;;
    # Processes that are there and do not answer, as behind a network that drops everything.
    freeze) signal_cluster STOP "$folder" ;;
    thaw) signal_cluster CONT "$folder" ;;
    remove) remove_cluster "$folder" ;;
    *) fail "no such action: $action" ;;
  esac
}

run_tests() {
  local work tests='' url
  # Tests that make clusters of their own make them in here, so that none is forgotten.
  work=$(mktemp -d "${TMPDIR:-/tmp}/ambito-tests.XXXXXXXX")
  chmod 711 "$work"
  clean_up() {
    # Of the group that cargo and the tests are in.
    [[ -z "$tests" ]] || kill -TERM -- "-$tests" 2>/dev/null || true
    local folder
    for folder in "$work"/ambito-postgres.*; do
      [[ ! -d "$folder" ]] || remove_cluster "$folder"
    done
    rm -rf "$work"
  }
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  export TMPDIR=$work
  url=$(make_cluster | tail -n 1)
  cd "$(dirname "${BASH_SOURCE[0]}")/.."
  set -m
  AMBITO_TEST_POSTGRES=$url cargo test --locked "$@" </dev/null &
  tests=$!
  set +m
  local code=0
  wait "$tests" || code=$?
  tests=''
  exit "$code"
}

install_binaries
if [[ "${1:-}" == --cluster ]]; then
  shift
  cluster "$@"
else
  # Arguments that name a crate replace the whole workspace.
  [[ " $* " == *" -p "* ]] || set -- --workspace "$@"
  run_tests "$@"
fi
