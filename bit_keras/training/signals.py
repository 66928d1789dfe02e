"""SIGTERM and Ctrl-C: saved first, or at least told how to go on."""

import contextlib
import os
import signal
import threading


@contextlib.contextmanager
def interrupts():
    """Gives a `threading.Event` that the first SIGTERM or Ctrl-C sets.

    The second is no longer waited for: it raises `KeyboardInterrupt` at once.
    """
    stop = threading.Event()

    def note(number, frame):
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        # A print could meet itself half-way through another.
        os.write(2, b"\nStopping after this step; once more stops at once.\n")

    if threading.current_thread() is not threading.main_thread():
        yield stop  # signals only ever reach the main thread
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def terminable():
    """Lets SIGTERM end what it wraps as Ctrl-C does, with `KeyboardInterrupt`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
