# Every test, in every build that is supported. Sourced by quickstart.
#
# Most tests wait more than they work, so two lanes run side by side, as long as each other: the tests with browsers, which keep
# a processor busy, one after the other, then those under ThreadSanitizer and what works without waiting; and all the rest. What
# fails there is tried again, alone.

results=build/check
calm_jobs=${VITRINA_CHECK_JOBS:-$((jobs + 3))}
busy_jobs=$(((jobs + 1) / 2))

say() {
  printf '%5d s  %s\n' "$SECONDS" "$*"
}

# step NAME COMMAND...: one thing that either works or not, or cannot be done here (status 77), as a test of its own.
step() {
  local what=$1 log=$results/$1.log status=0 result=PASS
  shift
  "$@" >"$log" 2>&1 || status=$?
  case $status in
    0) say "$what" ;;
    77) result=SKIP; say "$what: skipped: $(tail -n 1 "$log")" ;;
    *) result=FAIL; say "$what"; echo "FAILED: $what; the end of its log:"; tail -n 60 "$log" ;;
  esac
  echo ":test-result: $result $what" >"$results/$what.trs"
  [ $status -eq 0 ] || [ $status -eq 77 ]
}

# build_with_tests DIRECTORY CONFIGURE_ARGUMENT...
build_with_tests() {
  build_in "$1" all "${@:2}" && build_in "$1" "check TESTS=" "${@:2}"
}

# suite_build NAME CONFIGURE_ARGUMENT...
suite_build() {
  step "build-$1" build_with_tests "build/$1" "${@:2}"
}

# suite_tests NAME SET JOBS: one of the sets in Makefile.am; their results are counted at the end.
suite_tests() {
  local log=build/$1/check-$2.out
  say "$1, $2 tests"
  make -C "build/$1" -j"$3" -k "check-$2" >"$log" 2>&1 ||
    grep -qE '^# (FAIL|ERROR): +[1-9]' "$log" || step "$1-$2" unfinished "$log" || true
}

# What kept make from running tests; those that failed are told later. (It does not come to a summary then.)
unfinished() {
  tail -n 30 "$1"
  return 1
}

# Time limits are five times longer under a sanitizer: what comes after this lets others go first.
stand_back() {
  renice -n 5 -p "$BASHPID" >/dev/null
}

busy_lane() {
  suite_tests release busy "$busy_jobs"
  step demo node --test-reporter=tap tests/system/demo.test.mjs || true
  stand_back
  suite_build tsan CC=clang CFLAGS="-O1 -g" --enable-werror --enable-sanitizers=thread --disable-streamer &&
    suite_tests tsan calm "$calm_jobs"
  step tidy make -C build/release tidy || true
  step distcheck make -C build/release -j"$jobs" distcheck DISTCHECK_CONFIGURE_FLAGS="CFLAGS=-O0" || true
}

calm_lane() {
  suite_tests release calm "$calm_jobs"
  stand_back
  suite_build asan CC=clang CFLAGS="-O1 -g" --enable-werror --enable-sanitizers=address,undefined --disable-browser-tests &&
    suite_tests asan calm "$calm_jobs"
}

# The packages on a Debian of their own; the last line is the reason where that cannot be done.
package_suite() {
  local told status=0
  told=$(VITRINA_BUILD=$source/$results VITRINA_SUITES=$1 node --test-reporter=tap tests/package/package.test.mjs 2>&1) || status=1
  printf '%s\n' "$told"
  [ $status -ne 0 ] || ! sed -n 's/^ok .* # SKIP *//p' <<<"$told" | grep . || return 77
  return $status
}

# They wait more than they work.
package_suites() {
  local suite
  for suite in ${VITRINA_SUITES:-bookworm trixie}; do
    step "package-$suite" package_suite "$suite" &
  done
  wait
}

# The test programs of a build that failed, by their paths without ending.
failed_programs() {
  grep -lE '^:test-result: (FAIL|ERROR|XPASS)' -r "build/$1/tests" --include='*.trs' | sed 's/\.trs$//'
}

# The logs of failed tests, bounded.
show_failures() {
  local program
  failed_programs "$1" | while read -r program; do
    echo "---- $program"
    grep -vE '^ *ok |^PASS|duration_ms|^ *\.\.\.$|^ *---$' "$program.log" | tail -n "${VITRINA_CHECK_LINES:-60}"
  done
}

# Shared machines stall: what failed beside others gets two tries alone, and each is told.
once_more() {
  local try
  for try in 1 2; do
    [ -n "$(failed_programs "$1")" ] || return 0
    show_failures "$1"
    say "$1, once more, alone: $(failed_programs "$1" | tr '\n' ' ')"
    make -C "build/$1" -k recheck >"build/$1/recheck-$try.log" 2>&1 || true
  done
  show_failures "$1"
}

# The test programs that took longest, of all builds: where the check's time goes.
show_slowest() {
  echo "The longest test programs, in seconds:"
  grep -rHE '^# duration_ms' build/{release,asan,tsan}/tests --include='*.log' 2>/dev/null |
    sed -E 's|^build/([^:]*)\.log:# duration_ms ([0-9]+)[0-9]{3}(\..*)?$|\2 \1|' | sort -rn | head -n 12
}

# count WORDS: how many results there are of that kind.
count() {
  find build/{release,asan,tsan}/tests $results -name '*.trs' -exec cat {} + 2>/dev/null | grep -cE "^:test-result: ($1)( |$)" || true
}

format_is_ours() {
  git ls-files '*.c' '*.h' | xargs clang-format --dry-run --Werror
}

check() {
  local suite passed failed skipped
  mkdir -p $results
  find build -name '*.trs' -delete
  step format format_is_ours || true
  if suite_build release CFLAGS="-O2 -g" --enable-werror; then
    # An interrupted shell tells only itself.
    trap 'trap - INT TERM; kill 0' INT TERM
    calm_lane &
    busy_lane &
    wait
    suite_tests release lone 1
    for suite in release asan tsan; do once_more $suite; done
    package_suites
  fi
  passed=$(count PASS) failed=$(count 'FAIL|ERROR|XPASS') skipped=$(count SKIP)
  show_slowest
  echo
  if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  [ "$failed" -eq 0 ]
}
