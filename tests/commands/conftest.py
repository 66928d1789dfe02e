"""Commands run in this process, and what they leave behind."""

import contextlib
import dataclasses
import io
import json
import re
import shutil

import numpy as np
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


@pytest.fixture(scope="session")
def several_labels(finished, write_pictures, tmp_path_factory):
    """A run on a CSV with several labels; its network says the same of every image.

    Blue is there with a probability of 0.9, green of 0.6, and red of 0.2. Of the six
    test images two are blue and green, two green, and two neither.
    """
    from bit_keras.data import open_dataset
    from bit_keras.training import data_record, open_run

    data = write_pictures(tmp_path_factory.mktemp("several") / "photos", 2)
    table = data.parent / "table.csv"
    labels = {"blue": "blue;green", "green": "green", "red": ""}
    lines = [
        f"photos/{name}/{number}.jpg,{several},test\n"
        for name, several in labels.items()
        for number in range(2)
    ]
    table.write_text("photos/red/0.jpg,red;blue;green\n" + "".join(lines))
    run = open_run(shutil.copytree(finished.folder, data.parent / "run"))
    info, recipe = dataclasses.asdict(run.info), run.recipe
    recipe = dataclasses.replace(recipe, loss="sigmoid")
    info["typed"] |= {"dataset": str(table), "multi_label": True}
    info["multi_label"] = True
    data_record.write(run, open_dataset(table, multi_label=True))
    run.write("run.json", info)
    run.write("recipe.json", json.loads(recipe.to_json()))
    network = run.network()
    head = network.get_layer("logits")
    odds = np.array([0.9 / 0.1, 0.6 / 0.4, 0.2 / 0.8])
    head.set_weights([0 * head.get_weights()[0], np.log(odds)])
    network.save(run.folder / "model.keras")
    return run.folder


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
