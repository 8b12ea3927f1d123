#!/usr/bin/env bash
# Runs a database command under its old name: bash bin/lib/db.sh VERB [prod] [arguments].
#
# `prod` means PROD_CONNECTION_URL, as it did. The program is the one of this checkout, built when
# it is missing, else that of the PATH.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
verb=$1
shift
prod=""
if [ "${1:-}" = prod ]; then
  prod=--prod
  shift
fi

cruddur=$target/debug/cruddur
if [ ! -x "$cruddur" ]; then
  cruddur=$(command -v cruddur || true)
fi
if [ -z "$cruddur" ]; then
  cargo build --locked --manifest-path "$root/Cargo.toml" --bin cruddur
  cruddur=$target/debug/cruddur
fi
# No word at all where there is nothing to say.
# shellcheck disable=SC2086
exec "$cruddur" db "$verb" $prod "$@"
