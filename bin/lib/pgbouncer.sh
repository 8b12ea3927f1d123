#!/usr/bin/env bash
# Finds or builds a PgBouncer that supports prepared statements in transaction mode, which is 1.21 or newer.
#
#   source bin/lib/pgbouncer.sh && ensure_modern_pgbouncer DIRECTORY     sets PGBOUNCER to the program's path
#
# Where the distribution has an older one, this builds that of Debian 13, from the source package of the mirror that
# apt-get uses already, in DIRECTORY; it takes a minute. Needs bin/lib/install.sh.

ensure_modern_pgbouncer() {
  local folder=$1
  PGBOUNCER=$(PATH=$PATH:/usr/sbin command -v pgbouncer)
  if is_modern_pgbouncer "$PGBOUNCER"; then
    return
  fi
  PGBOUNCER=$folder/pgbouncer
  if ! is_modern_pgbouncer "$PGBOUNCER"; then
    [ "$(package_manager)" = apt ] || fail "PgBouncer 1.21 or newer is missing"
    ensure c_compiler libevent
    (build_pgbouncer "$folder")
  fi
}

is_modern_pgbouncer() {
  local version
  [ -x "$1" ] || return 1
  version=$("$1" --version | sed -n 's/^PgBouncer //p')
  [ "$(printf '%s\n' 1.21 "$version" | sort -V | head -n 1)" = 1.21 ]
}

# apt-get gets lists and a cache of its own, so that the system's lists stay as they are and no root is needed.
build_pgbouncer() {
  local folder=$1 build=$1.build mirror options
  mirror=$(apt-get indextargets --format "\$(REPO_URI)" "Origin: Debian" "Label: Debian" "Identifier: Packages" | head -n 1)
  [ -n "$mirror" ] || fail "apt-get knows no mirror of Debian, which has the source of PgBouncer 1.21 or newer"
  rm -rf "$build"
  mkdir -p "$folder" "$build/lists/partial" "$build/cache/archives/partial"
  cd "$build" || exit
  echo "deb-src $mirror trixie main" >sources.list
  options="-o Dir::Etc::SourceList=$build/sources.list -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists=$build/lists -o Dir::Cache=$build/cache -o APT::Sandbox::User=$(id -un)"
  echo "Building PgBouncer of Debian 13" >&2
  # The options must be split.
  # shellcheck disable=SC2086
  {
    quiet_in_a_pipe apt-get $options update
    quiet_in_a_pipe apt-get $options source pgbouncer
  }
  cd pgbouncer-*/ || exit
  quiet_in_a_pipe ./configure --without-cares --without-pam --without-systemd
  quiet_in_a_pipe make pgbouncer
  cp pgbouncer "$folder/"
  cd /
  rm -rf "$build"
}
