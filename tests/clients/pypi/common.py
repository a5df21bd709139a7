"""What the clients in Python share: HOST PORT USER SECRET plain|md5, one line for each step, and an end in any case."""

import hashlib
import os
import signal
import sys

HOST, PORT, USER, SECRET, LOGIN = sys.argv[1], int(sys.argv[2]), *sys.argv[3:6]
WRONG = SECRET + "-not"
TOKEN = f"python-{os.getpid()}"
PATIENCE = float(os.environ.get("PATIENCE", "10"))


def late(*_):
    raise SystemExit("not done after 30 s")


signal.signal(signal.SIGALRM, late)
signal.alarm(30)


def step(name, holds, *saw):
    """Says that a step went as it should, or ends the program."""
    if not holds:
        raise SystemExit(f"{name}: {saw}")
    print(name, flush=True)


def key(challenge, secret):
    return hashlib.md5((challenge + secret).encode()).hexdigest()
