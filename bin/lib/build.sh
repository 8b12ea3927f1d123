# shellcheck shell=bash
# Builds the program and says how far the build is. For scripts that source this file; bash 3.2 suffices.

# build_program ROOT PROFILE [OPTION...]: builds the program `cruddur`, with these options of cargo. While crates are
# compiled, shows how many of them are built and about how long the others take: in one line of a terminal, in a pipe every
# 30 seconds.
build_program() {
  local root=$1 profile=$2 events total pid status=0 started=$SECONDS shown=$SECONDS
  shift 2
  events=$(mktemp)
  total=$(crates_to_build "$root" "$@")
  cargo build --quiet --locked --message-format json-render-diagnostics --manifest-path "$root/Cargo.toml" \
    --profile "$profile" --bin cruddur "$@" >"$events" &
  pid=$!
  # A shell without job control lets its background jobs ignore Ctrl-C.
  trap 'kill $pid 2>/dev/null; rm -f "$events"; exit 130' INT TERM
  while kill -0 $pid 2>/dev/null; do
    sleep 1
    if [ -t 2 ]; then
      printf '\r%s\033[K' "$(build_progress "$events" "$total" $((SECONDS - started)))" >&2
    elif [ $((SECONDS - shown)) -ge 30 ]; then
      shown=$SECONDS
      build_progress "$events" "$total" $((SECONDS - started)) >&2
    fi
  done
  wait $pid || status=$?
  [ ! -t 2 ] || printf '\r\033[K' >&2
  trap - INT TERM
  rm -f "$events"
  return $status
}

# has_built TARGET CRATE: whether the crate is compiled in this target directory.
has_built() {
  compgen -G "$1/deps/lib${2//-/_}-*.rlib" >/dev/null
}

# crates_to_build ROOT [OPTION...]: the number of crates that the program consists of, with those that its build runs.
crates_to_build() {
  local root=$1
  shift
  cargo tree --locked --manifest-path "$root/Cargo.toml" --package cruddur --edges normal,build --prefix none "$@" |
    sed 's/ (\*)$//' | sort -u | wc -l
}

# build_progress EVENTS TOTAL SECONDS: one line about a build that has run for so long. Crates that were built before do
# not count for the estimate.
build_progress() {
  awk -v total="$2" -v seconds="$3" '
    /"reason":"compiler-artifact"/ && match($0, /"package_id":"[^"]*"/) {
      crate = substr($0, RSTART, RLENGTH)
      if (!(crate in built)) { built[crate] = 1; count++; if ($0 !~ /"fresh":true/) compiled++ }
    }
    END {
      if (count > total) count = total
      printf "building: %d of %d crates", count, total
      if (compiled > 0 && count < total) {
        left = seconds * (total - count) / compiled
        if (left < 90) printf ", about 1 min left"
        else printf ", about %d min left", (left + 30) / 60
      }
      print ""
    }' "$1"
}
