import pathlib
import subprocess
import sys

import bit_keras

PACKAGE = pathlib.Path(bit_keras.__file__).parent


def test_every_module_is_imported_without_what_unix_alone_has():
    files = PACKAGE.rglob("*.py")
    modules = [file.relative_to(PACKAGE.parent).with_suffix("") for file in files]
    names = [".".join(m.parts) for m in modules if m.name not in ("__main__",)]
    # Libraries that look whether they are there are imported before they are hidden.
    code = f"""
import importlib, sys
import filelock, psutil, tensorflow, tensorflow_datasets, sklearn, matplotlib, tqdm
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
for name in {names}:
    importlib.import_module(name.removesuffix(".__init__"))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
