import os
import pathlib
import re
import shlex
import subprocess
import sys
import warnings

import pytest

import bit_keras
from bit_keras.commands import COMMANDS, models

ROOT = pathlib.Path(bit_keras.__file__).parents[1]

SCRATCH = ("--model", "bit_tiny")  # needs no download


def test_help_imports_neither_tensorflow_nor_keras():
    code = f"""
import runpy, sys
for words in {[["--help"], *([name, "--help"] for name in COMMANDS)]}:
    sys.argv = ["cli.py", *words]
    try:
        runpy.run_path("cli.py", run_name="__main__")
    except SystemExit as end:
        assert end.code == 0, words
print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    modules = set(done.stderr.split())
    assert "bit_keras.commands.finetune" in modules
    assert not modules & {"tensorflow", "keras"}


def test_help_names_every_command(command):
    done = command("--help")
    assert done.code == 0
    for name in COMMANDS:
        assert re.search(rf"^    {name}\s", done.out, re.MULTILINE)


def test_a_command_line_without_a_command_is_refused(command):
    done = command()
    assert done.code == 2
    assert "COMMAND" in done.last_words


def test_a_mistyped_command_is_refused_with_the_nearest(refused):
    assert "Did you mean 'evaluate'?" in refused("evalute", "--run", "x")


def test_a_mistyped_flag_is_refused_with_the_nearest(refused):
    sentence = refused("finetune", "--datset", "digits")
    assert "'finetune' does not know --datset. Did you mean '--dataset'" in sentence


def test_flags_are_not_guessed_from_their_beginning(refused):
    assert "does not know --data." in refused("evaluate", "--data", "digits")


@pytest.mark.parametrize(
    "words", [["--batch_size", "0"], ["--batch_size=0"], ["--batch-size", "0"]]
)
def test_flags_may_be_written_with_underscores(refused, words):
    sentence = refused("finetune", *SCRATCH, "--dataset", "digits", *words)
    assert sentence == "--batch-size must be above 0. Received: 0"


def test_values_keep_their_underscores(refused):
    assert "'no_such/a_b'" in refused("datasets", "no_such/a_b")
    assert "'no_such/a_b'" in refused("finetune", *SCRATCH, "--dataset=no_such/a_b")


@pytest.mark.parametrize("words", [["--dataset=~/a=b"], ["--dataset", "~/a=b"]])
def test_the_home_folder_is_found_in_every_flag(refused, monkeypatch, words):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert "'/home/somebody/a=b'" in refused("finetune", *SCRATCH, *words)


def test_the_home_folder_is_found_in_names_of_photographs(refused, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert "'/home/somebody/photos'" in refused("check-data", "~/photos")


@pytest.mark.parametrize(
    "words",
    [
        ["datasets"],
        ["runs"],
        ["check-data"],
        ["predict", "--run", "run"],
        ["evaluate", "--run"],
        ["embed", "--run", "run", "--output", "x.npz"],
        ["predict", "photo.jpg", "--model"],
        ["finetune", *SCRATCH, "--dataset"],
        ["finetune", *SCRATCH, "--dataset", "digits", "--weights"],
        ["finetune", *SCRATCH, "--dataset", "digits", "--output"],
        ["finetune", *SCRATCH, "--dataset", "digits", "--class-weights"],
    ],
)
def test_a_name_that_no_file_can_have_is_refused_shortened(refused, words):
    told = f"'{60 * 'x'}…' is too long for a file name; give a shorter one."
    assert refused(*words, 300 * "x") == told


def test_a_value_of_the_wrong_kind_is_refused_in_one_line(command):
    done = command("finetune", "--dataset", "digits", "--steps", "many")
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "--steps: invalid int value: 'many'" in done.err


def test_a_command_that_did_its_work_gives_0(command):
    assert command("models").code == 0


def test_an_interrupted_command_gives_130(command, monkeypatch):
    def interrupt(args):
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "run", interrupt)
    done = command("models")
    assert done.code == 130
    assert done.last_words == "Interrupted."


def test_a_reader_that_has_seen_enough_is_no_error():
    with subprocess.Popen(
        [sys.executable, ROOT / "cli.py", "models", "--weights"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def with_full(stream, *words):
    """Gives exit code and the other stream of Python where one is a full disk."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    with open("/dev/full", "w") as full:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: full}
        done = subprocess.run(
            [sys.executable, *words], **streams, text=True, cwd=ROOT, env=environment
        )
    return done.returncode, done.stdout if stream == "stderr" else done.stderr


def command_that(*lines):
    """Gives Python code in which the command `models` does this."""
    indented = "\n".join(f"    {line}" for line in lines)
    return f"""
import sys
from tqdm import tqdm
from bit_keras.commands import main, models
from bit_keras.errors import InputError

def run(args):
{indented}

models.run = run
sys.exit(main(["models"]))
"""


FULL_DISK = "Error: stdout cannot be written: No space left on device.\n"


@pytest.mark.parametrize(
    "words", [["cli.py", "models"], ["-u", "cli.py", "models"], ["cli.py", "--help"]]
)
def test_a_full_disk_behind_stdout_is_told_in_one_line(words):
    assert with_full("stdout", *words) == (1, FULL_DISK)


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        ("InputError('No.')", 2, "Error: No.\n"),
        ("KeyboardInterrupt", 130, "\nInterrupted.\n"),
    ],
)
def test_what_waits_for_the_full_disk_when_a_command_fails_is_told(error, code, told):
    text = command_that('print("This waits in a buffer.")', f"raise {error}")
    assert with_full("stdout", "-c", text) == (code, told + FULL_DISK)


@pytest.mark.parametrize(
    ("error", "code"), [("InputError('No.')", 2), ("KeyboardInterrupt", 130)]
)
def test_a_full_disk_behind_stderr_leaves_the_exit_code(error, code):
    assert with_full("stderr", "-c", command_that(f"raise {error}")) == (code, "")


def test_a_full_disk_behind_stderr_leaves_the_exit_code_of_the_parser():
    assert with_full("stderr", "cli.py") == (2, "")


def test_answers_are_given_where_progress_meets_a_full_disk():
    text = command_that("all(tqdm([1, 2]))", 'print("cat")')
    assert with_full("stderr", "-c", text) == (0, "cat\n")


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_command_works_with_closed_streams(closed):
    words = shlex.join([sys.executable, str(ROOT / "cli.py"), "models"])
    done = subprocess.run(
        ["sh", "-c", f"{words} {closed}"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_warning_is_a_sentence(command, monkeypatch):
    monkeypatch.setattr(
        models, "run", lambda args: warnings.warn("Mind.", stacklevel=1)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        done = command("models")
    assert done.err == "Warning: Mind.\n"


def test_tensorflow_starts_without_a_word(pictures):
    done = subprocess.run(
        [sys.executable, ROOT / "cli.py", "check-data", pictures / "green"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == ("10 good and 0 bad images\nNo image is a twin of another.\n")
    assert done.stderr == ""
