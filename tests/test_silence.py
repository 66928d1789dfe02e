import os

import pytest

from bit_keras.silence import silent_stderr


def test_what_libraries_write_past_python_goes_nowhere(capfd):
    with silent_stderr():
        os.write(2, b"chatter")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_after_an_error_stderr_is_heard_again(capfd):
    with pytest.raises(ZeroDivisionError), silent_stderr():
        raise ZeroDivisionError
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"


def test_nothing_stays_open():
    before = len(os.listdir("/proc/self/fd"))
    with silent_stderr():
        pass
    assert len(os.listdir("/proc/self/fd")) == before
