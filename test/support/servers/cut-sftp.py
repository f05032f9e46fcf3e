"""What sshd runs for SFTP, over a line that is cut: `cut-sftp.py N lost|done|away|killed MARK COMMAND...`

COMMAND is an SFTP server on standard input and output. The N-th request of the first connection is the last one: `lost` on the way,
or `done` by the server with its answer lost; or the server is `away` from then on, or whoever asks is `killed` by then. The file
MARK is made, and later connections are left alone, if the server is not away.
"""
import os
import signal
import subprocess
import sys
import threading

number, how, mark, *command = sys.argv[1:]
if how == 'away' and os.path.exists(mark):
    sys.exit(255)
is_cut = threading.Event()
server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def answers():
    while piece := os.read(server.stdout.fileno(), 1 << 16):
        # Read on, so that the server comes to its end.
        if is_cut.is_set():
            continue
        try:
            os.write(1, piece)
        except BrokenPipeError:
            return


def requests():
    """Each a length of four bytes, and what it counts."""
    while (head := sys.stdin.buffer.read(4)) and len(head) == 4:
        yield head + sys.stdin.buffer.read(int.from_bytes(head, 'big'))


answering = threading.Thread(target=answers, daemon=True)
answering.start()
left = None if os.path.exists(mark) else int(number)
for request in requests():
    if left is not None:
        left -= 1
        if left == 0:
            is_cut.set()
            open(mark, 'w').close()
            if how == 'killed':
                os.kill(os.getppid(), signal.SIGKILL)
            if how in ('lost', 'away'):
                break
    try:
        server.stdin.write(request)
        server.stdin.flush()
    except BrokenPipeError:
        break
    if is_cut.is_set():
        break
server.stdin.close()
server.wait()
answering.join()
sys.exit(255 if is_cut.is_set() else 0)
