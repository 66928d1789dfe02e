import sys

import pytest

from bit_keras import program


@pytest.mark.parametrize(
    ("started", "command"),
    [
        ("cli.py", "python cli.py"),
        ("/home/me/project/cli.py", "python cli.py"),
        ("/site/bit_keras/__main__.py", "python -m bit_keras"),
        ("/usr/bin/bit-keras", "bit-keras"),
        ("/site/pytest/__main__.py", "bit-keras"),
        ("my_own.py", "bit-keras"),
        ("-c", "bit-keras"),
        ("", "bit-keras"),
    ],
)
def test_the_command_is_named_as_it_was_started(monkeypatch, started, command):
    monkeypatch.setattr(sys, "argv", [started, "models"])
    assert program.command() == command


def test_an_interpreter_without_arguments_names_the_installed_command(monkeypatch):
    monkeypatch.setattr(sys, "argv", [])
    assert program.command() == "bit-keras"
