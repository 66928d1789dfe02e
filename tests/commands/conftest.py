"""Commands run in this process, and what they leave behind."""

import contextlib
import dataclasses
import io
import re

import pytest

from bit_keras.commands import main


@dataclasses.dataclass(frozen=True)
class Done:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def last_words(self):
        """The last line on stderr; progress bars may stand before it."""
        return re.split(r"[\r\n]+", self.err.strip())[-1]


@pytest.fixture(scope="session")
def command():
    """Gives a function that runs a command: words of the command line -> `Done`."""
    return _run


@pytest.fixture
def refused(tmp_path):
    """Gives a function that runs a command that must be refused with one sentence.

    words -> the sentence. Nothing may be lost by it: every file below `tmp_path` is as
    it was, and no new one is there, but for the lock of a run folder.
    """

    def run(*words):
        before = _contents(tmp_path)
        done = _run(*words)
        assert done.code == 2
        assert _contents(tmp_path) == before
        assert done.last_words.startswith("Error: ")
        assert "Traceback" not in done.err
        return done.last_words.removeprefix("Error: ")

    return run


def _run(*words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(word) for word in words])
        except SystemExit as error:  # of the argument parser
            code = error.code
    return Done(code, out.getvalue(), err.getvalue())


def _contents(folder):
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }
