#!/usr/bin/env bash
# Makes or updates the security-group rule of this machine, by what is there and fastest: a built program, else curl
# and the AWS CLI, else a program that is built now. docs/guide/security-group.md describes the settings.
set -euo pipefail

lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$(dirname "$lib")")
# shellcheck source=bin/lib/program.sh
source "$lib/program.sh"
# shellcheck source=bin/lib/security-group-aws.sh
source "$lib/security-group-aws.sh"

update() {
  local program verb=grant
  [ -z "${DB_SG_RULE_ID:-}" ] || verb=sync
  if program=$(find_program "$root"); then
    "$program" sg $verb
  elif command -v curl >/dev/null && command -v aws >/dev/null; then
    "${verb}_with_aws_cli"
  else
    (
      # shellcheck source=bin/lib/install.sh
      source "$lib/install.sh"
      ensure_rust
      cargo run --quiet --locked --manifest-path "$root/Cargo.toml" --bin cruddur -- sg $verb
    )
  fi
}

[ -n "${DB_SG_ID:-}" ] || exit 0
if ! update; then
  echo "The security-group rule was not updated, see docs/guide/security-group.md. To try again: bin/rds-update-sg-rule" >&2
  exit 1
fi
