# Every test, in every build that is supported. Sourced by quickstart.

passed=0 failed=0 skipped=0

# Adds a directory's results (automake's .trs files) to the sums.
count_results() {
  local results
  results=$(find "$1" -name '*.trs' -exec cat {} + 2>/dev/null | grep '^:test-result:' || true)
  passed=$((passed + $(grep -c ': PASS' <<<"$results" || true)))
  skipped=$((skipped + $(grep -c ': SKIP' <<<"$results" || true)))
  failed=$((failed + $(grep -cE ': (FAIL|ERROR|XPASS)' <<<"$results" || true)))
}

# One thing that either works or not, as a test of its own.
step() {
  local what=$1 log=build/$1.log
  shift
  echo "== $what"
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $what; the end of its log:"
    tail -n 60 "$log"
  fi
}

# suite DIRECTORY CONFIGURE_ARGUMENT...: builds and runs make check.
suite() {
  local directory=$1 started=$SECONDS
  shift
  echo "== $directory: $*"
  if ! build_in "$directory" all "$@" || ! build_in "$directory" "check TESTS=" "$@"; then
    echo "FAILED: $directory does not build"
    failed=$((failed + 1))
    return
  fi
  find "$directory" -name '*.trs' -delete
  if ! make -C "$directory" -j"${VITRINA_CHECK_JOBS:-2}" -k check >"$directory/check.log" 2>&1; then
    show_failures "$directory"
    # Shared machines stall: what failed beside others gets one try alone, and both are told.
    echo "   once more, alone: $(failed_programs "$directory" | tr '\n' ' ')"
    make -C "$directory" -k recheck >"$directory/recheck.log" 2>&1 || show_failures "$directory"
  fi
  [ -n "$(find "$directory" -name '*.trs' -print -quit)" ] || failed=$((failed + 1))
  count_results "$directory"
  echo "   $((SECONDS - started)) s; so far $passed passed, $failed failed, $skipped skipped"
}

# The test programs that failed, by their paths without ending.
failed_programs() {
  grep -lE '^:test-result: (FAIL|ERROR|XPASS)' -r "$1" --include='*.trs' | sed 's/\.trs$//'
}

# The logs of failed tests, bounded.
show_failures() {
  local program
  failed_programs "$1" | while read -r program; do
    echo "---- $program"
    grep -vE '^ *ok |^PASS|duration_ms|^ *\.\.\.$|^ *---$' "$program.log" | tail -n "${VITRINA_CHECK_LINES:-60}"
  done
}

format_is_ours() {
  git ls-files '*.c' '*.h' | xargs clang-format --dry-run --Werror
}

distcheck() {
  build_in build/release distcheck CFLAGS="-O2 -g" --enable-werror
}

check() {
  mkdir -p build
  step format format_is_ours
  suite build/release CFLAGS="-O2 -g" --enable-werror
  suite build/asan CC=clang CFLAGS="-O1 -g" --enable-werror --enable-sanitizers=address,undefined --disable-browser-tests
  suite build/tsan CC=clang CFLAGS="-O1 -g" --enable-werror --enable-sanitizers=thread --disable-streamer
  step distcheck distcheck
  if [ -e tests/system/demo.test.mjs ]; then
    step demo node --test-reporter=tap tests/system/demo.test.mjs
  fi
  echo
  if [ $skipped -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  [ $failed -eq 0 ]
}
