#!/usr/bin/env bash
# Fetches the pinned GraphiQL and React files again and compares them with sha256sums.
#   update.sh            fetch, check against sha256sums, then replace the files
#   update.sh --rewrite  after a version below was changed: replace the files and write sha256sums anew, to be reviewed
set -euo pipefail

graphiql=3.9.0
react=18.3.1

cd "$(dirname "${BASH_SOURCE[0]}")"
rewrite=${1:-}
if [[ -n "$rewrite" && "$rewrite" != --rewrite ]]; then
  echo "usage: update.sh [--rewrite]" >&2
  exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# take PACKAGE VERSION PATH-IN-PACKAGE NAME-HERE ...
take() {
  local package=$1 version=$2
  shift 2
  local folder=$work/$package
  mkdir -p "$folder"
  npm pack --silent --pack-destination "$folder" "$package@$version" >/dev/null
  tar -xzf "$folder/$package-$version.tgz" -C "$folder"
  while (($# > 0)); do
    install -m 644 "$folder/package/$1" "$work/out/$2"
    shift 2
  done
}

mkdir -p "$work/out"
take graphiql "$graphiql" graphiql.min.js graphiql.min.js graphiql.min.css graphiql.min.css LICENSE LICENSE.graphiql
take react "$react" umd/react.production.min.js react.production.min.js LICENSE LICENSE.react
take react-dom "$react" umd/react-dom.production.min.js react-dom.production.min.js LICENSE LICENSE.react-dom

# Nothing may be fetched from elsewhere when the page is opened.
if grep -oE "@import.{0,80}|url\([\"']?(https?:)?//.{0,80}" "$work/out/graphiql.min.css"; then
  echo "graphiql.min.css fetches something from elsewhere" >&2
  exit 1
fi

if [[ "$rewrite" == --rewrite ]]; then
  (cd "$work/out" && sha256sum -- *) >"$work/sha256sums"
  cp "$work/sha256sums" sha256sums
else
  (cd "$work/out" && sha256sum --check --strict --quiet "$OLDPWD/sha256sums")
fi
cp "$work"/out/* .
echo "graphiql $graphiql, react $react: $(wc -l <sha256sums) files"
