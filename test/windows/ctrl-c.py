"""Starts a run of snapshot under Wine on a terminal, presses Ctrl-C in it, and looks at how it ends."""

import os
import pty
import select
import sys
import time

root, home, node = sys.argv[1:]
place = os.path.join(home, "ctrl-c")
os.makedirs(os.path.join(place, "source"), exist_ok=True)
for number in range(300):
    with open(os.path.join(place, "source", f"{number}.bin"), "wb") as file:
        file.write(os.urandom(200_000))
with open(os.path.join(place, "plan.csv"), "w", encoding="utf-8") as file:
    file.write("source,destination,name\nsource,disk,data\n")

environment = {
    "HOME": "/root", "TERM": "xterm", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "WINEDEBUG": "-all",
    "WINEPREFIX": os.path.join(home, "prefix"), "WINEDLLOVERRIDES": "mscoree,mshtml=",
}
pid, terminal = pty.fork()
if pid == 0:
    os.chroot(root)
    os.chdir(place)
    main = os.path.join(home, "work", "dist", "cli", "main.js")
    # So slow that it cannot have finished before the key.
    os.execve("/usr/bin/wine", ["wine", node, main, "run", "--plan", "plan.csv", "--max-rate", "1MB/s"], environment)

said = b""
pressed = False
deadline = time.time() + 120
while time.time() < deadline:
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break
        if not piece:
            break
        said += piece
    series = os.path.join(place, "disk", "data")
    if not pressed and os.path.isdir(series) and any(name.startswith("20") for name in os.listdir(series)):
        os.write(terminal, b"\x03")
        pressed = True
_, status = os.waitpid(pid, 0)
code = os.waitstatus_to_exitcode(status)
# What keeps older versions out of the series is no lock of a run.
left = [
    name
    for name in os.listdir(os.path.join(place, "disk", "data"))
    if name.startswith(".lock-") and name != ".lock-of-version-2"
]
print(said.decode("utf-8", "replace"))
print(f"pressed {pressed}, status {code}, locks {left}")
# 130 is what a status of Windows leaves of it.
sys.exit(0 if pressed and code == 130 and not left else 1)
