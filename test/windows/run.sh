#!/bin/bash
# npm run test:windows [-- smoke [MAJOR]]: the built program on Windows. On Windows itself it runs there; on Debian, as root, under Wine.
# `smoke [MAJOR]` is the short part, for .ci/run, on Node 22 or another one; without it come all three versions of Node, and the
# unit tests. The last line has the counts.
# What no part of it runs, as Wine has it not: links and junctions, ACLs, other streams of a file, notices of the desktop, shares
# of the network, tasks of the Task Scheduler, the tar.exe of Windows, sleep and shutdown.
set -euo pipefail
cd "$(dirname "$0")/../.."
part=${1:-all}
major=${2:-22}
npx tsc -p test

if [[ $(uname -s) != Linux ]]; then
  exec node test/dist/test/windows/smoke.js
fi

source test/windows/wine.sh
started=$SECONDS
set_up_wine
trap leave_wine EXIT
echo "::: Wine is there after $((SECONDS - started)) s"

# A clone whose packages are those of Windows.
work=$wine_home/work
mkdir -p "$work"
if ! cmp -s package-lock.json "$work/package-lock.json" || [[ $part != smoke && ! -e $work/node_modules/vitest ]]; then
  cp package.json package-lock.json "$work/"
  omit=()
  if [[ $part = smoke ]]; then omit=(--omit=dev); fi
  npm ci --prefix "$work" --os=win32 --cpu=x64 --ignore-scripts --no-audit --no-fund --prefer-offline "${omit[@]}" >/dev/null
fi
rm -rf "$work"/{dist,src,test,docs,fixtures,bench}
cp -r package.json dist src test docs fixtures bench ./*.md vitest.config.ts tsconfig*.json "$work/"
echo "::: its packages after $((SECONDS - started)) s"

passed=0 failed=0 skipped=0 commands=0
# Adds up the lines that node:test ends with.
add_up() {
  local word
  for word in pass:passed fail:failed skipped:skipped commands:commands; do
    local number
    number=$(sed -nE "s/^# ${word%:*} ([0-9]+).*/\1/p" "$1" | awk '{ sum += $1 } END { print sum + 0 }')
    printf -v "${word#*:}" %s $((${word#*:} + number))
  done
}

smoke() {
  windows_node "$1"
  echo "::: Node $1 on Windows"
  # Node 24 has another form by default.
  on_windows --test-reporter=tap test/dist/test/windows/smoke.js || grep -E -A25 '^ *not ok' "$wine_home/out" || cat "$wine_home/err"
  grep -q '^# pass' "$wine_home/out" || echo '# fail 1' >>"$wine_home/out"
  add_up "$wine_home/out"
}

# check NAME COMMAND...: one test more.
check() {
  if "${@:2}"; then
    passed=$((passed + 1))
  else
    echo "not ok - $1"
    failed=$((failed + 1))
  fi
}

# Ctrl-C is a key of a terminal.
stops_at_ctrl_c() {
  python3 test/windows/ctrl-c.py "$root" "$wine_home" "$node_exe" >"$wine_home/out" 2>&1 || { cat "$wine_home/out"; return 1; }
}

# A series goes from one system to the other, and comes back as it was.
from_linux() {
  rm -rf "$wine_home/matrix" && mkdir -p "$wine_home/matrix"
  node test/dist/test/windows/matrix.js write "$wine_home/matrix/linux"
  on_windows test/dist/test/windows/matrix.js read "Z:$wine_home/matrix/linux" || { cat "$wine_home/out" "$wine_home/err"; return 1; }
}
from_windows() {
  on_windows test/dist/test/windows/matrix.js write "Z:$wine_home/matrix/windows" || { cat "$wine_home/out" "$wine_home/err"; return 1; }
  node test/dist/test/windows/matrix.js read "$wine_home/matrix/windows"
}

# The executable, which needs no Node and no clone: from a first plan to the files that are back.
executable_works() {
  local folder command
  # Of another name each time: a destination that was there once, and is empty, is waited for.
  rm -rf "$wine_home"/executable.*
  folder=$(mktemp -d "$wine_home/executable.XXXXXX")
  mkdir "$folder/docs"
  { npx tsc -p packaging && node packaging/dist/build-exe.js win-x64; } >"$wine_home/out" || return 1
  cp release/snapshot-*-win-x64.exe "$folder/snapshot.exe"
  echo content >"$folder/docs/a.txt"
  printf 'source,destination,name,exclude\ndocs,disk,documents,*.tmp\n' >"$folder/plan.csv"
  # What is not carried is not taken from a folder above either.
  mkdir -p "$folder/node_modules/@napi-rs/blake-hash"
  echo 'require("node:fs").writeFileSync("planted", "")' >"$folder/node_modules/@napi-rs/blake-hash/index.js"
  for command in 'init --plan new.csv' 'run --plan plan.csv' 'list --plan plan.csv' 'verify --plan plan.csv --level full' \
    'restore documents --plan plan.csv --to back'; do
    # shellcheck disable=SC2016 -- words of the inner shell
    in_root sh -c 'cd "$1" && exec wine ./snapshot.exe $2' sh "$folder" "$command" </dev/null >"$wine_home/out" 2>"$wine_home/err" ||
      { echo "$command"; cat "$wine_home/out" "$wine_home/err"; return 1; }
  done
  cmp "$folder/docs/a.txt" "$folder/back/a.txt" && [[ ! -e $folder/planted ]]
}

# The rooms whose tests speak Windows.
rooms=(base hash host plan target)
unit_tests() {
  local status=0
  rm -f "$work/unit.json"
  on_windows node_modules/vitest/vitest.mjs run --project unit --maxWorkers=1 --reporter=json --outputFile=unit.json \
    "${rooms[@]/#/src/}" || status=$?
  node -e '
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(fs.readFileSync(process.argv[1]));
    for (const { assertionResults } of testResults)
      for (const { status, fullName } of assertionResults) if (status === "failed") console.log(`not ok - ${fullName}`);
    fs.writeFileSync(process.argv[2], `# pass ${numPassedTests}\n# fail ${numFailedTests}\n# skipped ${numPendingTests}\n`);
  ' "$work/unit.json" "$wine_home/out"
  add_up "$wine_home/out"
}

smoke "$major"
check 'Ctrl-C on a terminal stops a run, and leaves no lock' stops_at_ctrl_c
check 'a series of Linux is restored on Windows' from_linux
check 'a series of Windows is restored on Linux' from_windows
check 'the executable needs no Node' executable_works
if [[ $part != smoke ]]; then
  smoke 24
  smoke 20
  windows_node 22
  unit_tests
fi
# In the form in which vitest ends, so that .ci/run counts it.
echo " Tests  $failed failed | $skipped skipped | $passed passed ($commands commands, $((SECONDS - started)) s)"
[[ $failed = 0 ]]
