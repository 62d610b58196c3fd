# Building in a directory of its own. Sourced by quickstart.

jobs=$(nproc)

# Makes configure when it is missing or older than what it is made from.
bootstrap_if_needed() {
  local file
  for file in configure Makefile.in config.h.in; do
    if [ ! -e $file ] || [ configure.ac -nt $file ] ||
      { [ $file = Makefile.in ] && [ -n "$(find . -name '*.am' -newer $file -not -path './build/*')" ]; }; then
      ./bootstrap >build/bootstrap.log 2>&1 || { cat build/bootstrap.log >&2; return 1; }
      return
    fi
  done
}

# build_in DIRECTORY TARGETS CONFIGURE_ARGUMENT...: configures when the arguments changed, and makes the targets (words,
# variables included).
build_in() {
  local directory=$1 targets=$2 log
  shift 2
  mkdir -p "$directory"
  log=$directory/build.log
  bootstrap_if_needed
  if [ ! -e "$directory/Makefile" ] || [ "$*" != "$(cat "$directory/arguments" 2>/dev/null)" ]; then
    (cd "$directory" && "$source/configure" --quiet "$@") >"$log" 2>&1 || { tail -n 30 "$log" >&2; return 1; }
    echo "$*" >"$directory/arguments"
  fi
  # shellcheck disable=SC2086
  make -C "$directory" -j"$jobs" $targets >"$log" 2>&1 && return
  grep -E 'error|Error|warning' "$log" >&2 || tail -n 30 "$log" >&2
  return 1
}

build_release() {
  mkdir -p build
  [ -e build/release/Makefile ] || echo "quickstart: building (a minute or two the first time)"
  # A compiler that warns keeps nobody from a first look; what the check has built is taken as it is.
  local strict=()
  ! grep -qs -- --enable-werror build/release/arguments || strict=(--enable-werror)
  build_in build/release all CFLAGS="-O2 -g" "${strict[@]}"
}
