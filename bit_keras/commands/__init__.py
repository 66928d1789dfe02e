"""The commands: one module each, with `register(commands)` and `run(args)`.

Nothing heavy is imported before the command line was understood.
"""

import contextlib
import errno
import importlib
import io
import os
import sys
import warnings

from absl.flags import argparse_flags

from bit_keras import program
from bit_keras.errors import InputError, suggestion

# In the order users need them.
COMMANDS = (
    "finetune",
    "predict",
    "evaluate",
    "runs",
    "export",
    "embed",
    "fewshot",
    "explain",
    "pretrain",
    "check-data",
    "models",
    "datasets",
    "doctor",
)
INTERRUPTED = 130
# What a disk or device behind stdout may answer.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
# What argparse keeps beside the flags: positional arguments and the function.
NOT_FLAGS = ("--command", "--photos", "--folders", "--folder")


class _Parser(argparse_flags.ArgumentParser):
    """An argument parser whose errors are one sentence."""

    def __init__(self, **kwargs):
        super().__init__(allow_abbrev=False, **kwargs)

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class _Told:
    """stderr as long as it can be written: nobody lacks an answer for want of it.

    So an error of a stream without a name is always one of stdout.
    """

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def write(self, text):
        try:
            return self._stream.write(text)
        except OSError:
            _write_no_more(self._stream)
            return len(text)

    def flush(self):
        try:
            self._stream.flush()
        except OSError:
            _write_no_more(self._stream)


def main(argv=None):
    """Runs one command; gives the exit code.

    0: done, 1: what it prints cannot be written, 2: wrong input, 130: interrupted.
    """
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        # No file name may stop a command because the terminal cannot show it.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with contextlib.redirect_stderr(_Told(sys.stderr)):
        return _main(sys.argv[1:] if argv is None else argv)


def _main(argv):
    code = 0
    try:
        code = _run(argv)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _write_no_more(sys.stdout)
    except OSError as error:
        # Those of files are told where they are written, with their names.
        if error.filename is not None or error.errno not in FULL:
            raise
        _write_no_more(sys.stdout)
        print(f"Error: stdout cannot be written: {error.strerror}.", file=sys.stderr)
        return code or 1
    return code


def _run(argv):
    try:
        args = _parse(argv)
        with warnings.catch_warnings():
            warnings.showwarning = _tell
            args.command(args)
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        # Any word may be looked up as a file, and every look-up refuses these.
        if error.errno != errno.ENAMETOOLONG:
            raise
        print(
            f"Error: '{str(error.filename)[:60]}…' is too long for a file name; give a "
            "shorter one.",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
    except SystemExit:  # of the argument parser, which may have printed its help
        sys.stdout.flush()
        raise
    return 0


def _open_what_is_closed():
    """Sends to nowhere what goes to a stream that the process was started without.

    Else the next file that is opened would take its number, and get what is printed.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))


def _write_no_more(stream):
    """Sends the rest of a stream to nowhere, or Python would complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _tell(message, category, *place, **more):
    print(f"Warning: {message}", file=sys.stderr)


def _parse(argv):
    argv = [_at_home(_dashed(word)) for word in argv]
    command = next((word for word in argv if not word.startswith("-")), None)
    if command is not None and command not in COMMANDS:
        raise InputError(
            f"There is no command '{command}'.{suggestion(command, COMMANDS)} "
            f"Commands: {', '.join(COMMANDS)}"
        )
    parser = _Parser(
        prog=program.command(),
        description="Image classifiers, from a folder of photographs to a fine-tuned "
        "network. `COMMAND --help` explains a command.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = f"bit_keras.commands.{name.replace('-', '_')}"
        importlib.import_module(module).register(commands)
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        flags = ["--" + name.replace("_", "-") for name in vars(args)]
        flags = [flag for flag in flags if flag not in NOT_FLAGS]
        raise InputError(
            f"'{command}' does not know {unknown[0]}.{suggestion(unknown[0], flags)}"
        )
    return args


def _dashed(word):
    """Accepts --batch_size for --batch-size."""
    if not word.startswith("--"):
        return word
    flag, equals, value = word.partition("=")
    return flag.replace("_", "-") + equals + value


def _at_home(word):
    """Puts the home folder for ~, which a shell leaves within --flag=~/photos."""
    of_flag = word.startswith("--")
    flag, equals, value = word.partition("=") if of_flag else ("", "", word)
    return flag + equals + os.path.expanduser(value)
