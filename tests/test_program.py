import sys
from pathlib import PureWindowsPath

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


@pytest.mark.parametrize(
    ("started", "command"),
    [
        ("C:\\my project\\cli.py", "python cli.py"),
        ("D:\\site\\bit_keras\\__main__.py", "python -m bit_keras"),
        ("C:\\Scripts\\bit-keras.exe", "bit-keras"),
    ],
)
def test_the_command_is_named_on_windows(monkeypatch, started, command):
    monkeypatch.setattr(program, "Path", PureWindowsPath)
    monkeypatch.setattr(sys, "argv", [started, "models"])
    assert program.command() == command


@pytest.mark.parametrize(
    ("platform", "word", "typed"),
    [
        ("linux", "runs/pets", "runs/pets"),
        ("linux", "my runs/it's", "'my runs/it'\"'\"'s'"),
        ("darwin", "a\\b", "'a\\b'"),
        ("win32", PureWindowsPath("C:\\runs\\pets"), "C:\\runs\\pets"),
        ("win32", PureWindowsPath("C:\\my runs\\it's"), '"C:\\my runs\\it\'s"'),
    ],
)
def test_a_path_is_quoted_for_the_shell_of_the_system(
    monkeypatch, platform, word, typed
):
    monkeypatch.setattr(sys, "platform", platform)
    assert program.quoted(word) == typed
