# shellcheck shell=bash
# Takes the program of a release instead of building it. For scripts that source this file.

# take_release_binary ROOT: downloads the program of the latest release for this machine, compares its checksum, and prints
# its path. Fails with the reason if there is none. CRUDDUR_RELEASES is the address of another folder with the release's
# files.
take_release_binary() {
  local root=$1 platform folder releases archive
  platform=$(release_platform) || return
  releases=${CRUDDUR_RELEASES:-$(releases_of "$root")} || return
  folder=${CARGO_TARGET_DIR:-$root/target}/release-binary
  archive=cruddur-$platform.tar.gz
  rm -rf "$folder"
  mkdir -p "$folder"
  if ! curl --fail --silent --show-error --location --remote-name-all --output-dir "$folder" \
    "$releases/$archive" "$releases/SHA256SUMS"; then
    echo "there is no release for $platform at $releases" >&2
    return 1
  fi
  (cd "$folder" && grep " $archive\$" SHA256SUMS | sha256_check) || {
    echo "the checksum of $archive is not that of the release" >&2
    return 1
  }
  tar -xzf "$folder/$archive" -C "$folder" --strip-components 1
  "$folder/cruddur" --version >&2 || {
    echo "the program of the release does not run on this machine" >&2
    return 1
  }
  echo "$folder/cruddur"
}

release_platform() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) echo linux-amd64 ;;
    Linux-aarch64) echo linux-arm64 ;;
    Darwin-arm64) echo macos-arm64 ;;
    *)
      echo "there is no release for $(uname -s) on $(uname -m)" >&2
      return 1
      ;;
  esac
}

# The address of the latest release of the repository that this checkout comes from.
releases_of() {
  local origin
  origin=$(git -C "$1" remote get-url origin 2>/dev/null | sed -n 's#.*github\.com[:/]\(.*\)#\1#p')
  if [ -z "$origin" ]; then
    echo "this checkout does not come from GitHub: CRUDDUR_RELEASES can name the address of a release" >&2
    return 1
  fi
  echo "https://github.com/${origin%.git}/releases/latest/download"
}

sha256_check() {
  if command -v sha256sum >/dev/null; then
    sha256sum --check --quiet
  else
    shasum --algorithm 256 --check --quiet
  fi
}
