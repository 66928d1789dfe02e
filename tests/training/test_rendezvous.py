import os
import signal
import socket

import pytest

from bit_keras.errors import InputError
from bit_keras.training import rendezvous
from bit_keras.training.rendezvous import wait_for_all


def address(server):
    return f"localhost:{server.getsockname()[1]}"


@pytest.fixture
def here():
    """The address of a port that is free."""
    with socket.create_server(("localhost", 0)) as server:
        return address(server)


@pytest.fixture
def between_rounds(monkeypatch):
    """Takes what is to happen instead of the sleep between two rounds."""

    def take(act):
        monkeypatch.setattr(rendezvous.time, "sleep", lambda seconds: act())

    return take


def test_a_machine_alone_waits_for_nobody(here, capsys):
    wait_for_all(here, set())
    assert not capsys.readouterr().err


def test_machines_wait_until_the_last_has_started(here, between_rounds, capsys):
    with socket.create_server(("localhost", 0)) as early, socket.socket() as late:
        late.bind(("localhost", 0))  # nobody listens yet
        other = address(late)
        between_rounds(late.listen)
        wait_for_all(here, {address(early), other})
    told = f"This is {here} of TF_CONFIG. Waiting for {other} to be started, too.\n"
    assert capsys.readouterr().err == told


def test_a_machine_answers_while_it_waits(here, between_rounds):
    with socket.socket() as late:
        late.bind(("localhost", 0))

        def call_and_start():
            socket.create_connection(("localhost", here.split(":")[1])).close()
            late.listen()

        between_rounds(call_and_start)
        wait_for_all(here, {address(late)})


def test_the_port_is_free_after_the_wait(here):
    wait_for_all(here, set())
    with socket.create_server(("localhost", int(here.split(":")[1]))):
        pass


@pytest.fixture
def ctrl_c():
    """Heeds SIGINT, which a process that was started in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_wait(number, here, between_rounds, ctrl_c):
    with socket.socket() as absent:
        absent.bind(("localhost", 0))
        between_rounds(lambda: os.kill(os.getpid(), number))
        with pytest.raises(KeyboardInterrupt):
            wait_for_all(here, {address(absent)})


def test_a_port_that_is_taken_is_told():
    with (
        socket.create_server(("", 0)) as taken,
        pytest.raises(InputError, match=r"Port \d+, .* cannot be had .*in use"),
    ):
        wait_for_all(address(taken), set())


@pytest.mark.parametrize("text", ["a", "a:", ":1", "a:b", "a:70000"])
def test_what_is_no_address_is_refused(text, here):
    with pytest.raises(ValueError, match="is not HOST:PORT|Port"):
        wait_for_all(here, {text})
