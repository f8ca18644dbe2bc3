"""Runs the research command in forks of one process that has everything imported already.

Each line on stdin is a JSON list: a pipe for what it says, then the arguments. The fork's number
goes to stdout, and `ended` when it is gone, however that came about."""

import json
import os
import sys

from client import cli, researching  # noqa: F401

if __name__ == "__main__":
    for line in sys.stdin:
        said, *arguments = json.loads(line)
        pid = os.fork()
        if not pid:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(os.open(said, os.O_WRONLY), 2)
            cli.app(["research", *arguments])
        print(pid, flush=True)
        os.waitpid(pid, 0)
        print("ended", flush=True)
