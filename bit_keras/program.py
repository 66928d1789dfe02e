"""How this process was started, so that messages name commands the user can type."""

import shlex
import subprocess
import sys
from pathlib import Path


def command():
    """Gives what stands before the name of a command on the user's command line.

    It is "python cli.py" in a checkout, "python -m bit_keras", or "bit-keras", which
    is said to those who call functions, too.
    """
    started = Path(sys.argv[0] if sys.argv else "")
    if started.name == "cli.py":
        return "python cli.py"
    if started.parts[-2:] == ("bit_keras", "__main__.py"):
        return "python -m bit_keras"
    return "bit-keras"


def quoted(word):
    """Gives a word as it is typed on the user's command line."""
    # Windows keeps single quotes, and takes backslashes as they are.
    quote = subprocess.list2cmdline if sys.platform == "win32" else shlex.join
    return quote([str(word)])
