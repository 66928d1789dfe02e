"""Machines of one run wait for each other where a signal still ends the wait."""

import contextlib
import socket
import sys
import time
import urllib.parse

from bit_keras.errors import InputError
from bit_keras.training.signals import terminable

SECONDS = 0.2  # between two rounds of calls


def wait_for_all(here, others):
    """Waits until every other machine answers at its address, as this one does.

    TensorFlow waits, too, but then heeds no signal for minutes. A machine that went on
    to TensorFlow answers at the same address, so each may go on as soon as it has
    reached all others in one round.

    Args:
        here: address HOST:PORT of this machine, at which it answers meanwhile.
        others: addresses of the others.

    Raises:
        ValueError: if one is no address.
        InputError: if the own port cannot be had.
        KeyboardInterrupt: at SIGTERM and Ctrl-C.
    """
    port = _host_and_port(here)[1]
    calls = {address: _host_and_port(address) for address in sorted(others)}
    told = None
    with terminable(), _answering(port):
        while missing := [name for name, call in calls.items() if not _answers(call)]:
            if missing != told:
                told = missing
                print(
                    f"This is {here} of TF_CONFIG. Waiting for {', '.join(missing)} to "
                    "be started, too.",
                    file=sys.stderr,
                    flush=True,
                )
            time.sleep(SECONDS)


def _host_and_port(address):
    parts = urllib.parse.urlsplit(f"//{address}")
    if not (parts.hostname and parts.port):
        raise ValueError(f"'{address}' is not HOST:PORT")
    return parts.hostname, parts.port


def _answering(port):
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(("", port), family=family, dualstack_ipv6=both)
    except OSError as error:
        raise InputError(
            f"Port {port}, which TF_CONFIG gives to this machine, cannot be had "
            f"({error.strerror}); end what uses it, or name another in TF_CONFIG on "
            "all machines."
        ) from error


def _answers(address):
    with contextlib.suppress(OSError), socket.create_connection(address, timeout=2):
        return True
    return False
