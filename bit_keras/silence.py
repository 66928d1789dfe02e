"""Silence for libraries that write past Python."""

import contextlib
import os


@contextlib.contextmanager
def silent_stderr():
    """Sends whatever the process writes to stderr to nowhere; errors still raise."""
    stderr = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
