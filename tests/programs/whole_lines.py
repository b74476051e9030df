"""`xtnb run` with whole lines: python whole_lines.py script.py

`print` writes its arguments one by one, so the lines of two threads tear each
other apart. Here a line goes out when it is complete, and the lines of any
thread but the main one begin with "| ". The program knows nothing of it.
"""

import sys
import threading
from pathlib import Path


class WholeLines:
    def __init__(self, stream):
        self.stream = stream
        self.begun = threading.local()

    def write(self, text):
        *lines, self.begun.text = (getattr(self.begun, "text", "") + text).split("\n")
        mark = "" if threading.current_thread() is threading.main_thread() else "| "
        self.stream.write("".join(f"{mark}{line}\n" for line in lines))
        return len(text)

    def __getattr__(self, name):
        return getattr(self.stream, name)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from xtnb.cli import main

    sys.stdout = WholeLines(sys.stdout)
    main(["run", *sys.argv[1:]])
