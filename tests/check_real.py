"""Checks the commands on real photographs: `python tests/check_real.py DATA_FOLDER`.

DATA_FOLDER holds
  tfds/     oxford_iiit_pet as TensorFlow Datasets prepares it
  messy/    a folder as users have them, and verdicts.csv (file, verdict, why)
  pets5/    train/ and test/, five breeds each
  cifar10/  cifar10.npz
  weights_resnet20_cifar10/  a ResNet-20 of others, and its logits

Prints a line per check, and leaves with 1 if one fails. Takes a few minutes.
"""

import csv
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
SHORT = "steps=20 resize=72 crop=64 batch_size=32 warmup_steps=2 decay_at=8,12,16"


def main(data):
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        check_verdicts(checks, data / "messy", scratch / "verdicts.csv")
        check_descriptions(checks, data)
        check_weights_of_others(checks, data)
        photos = data / "pets5" / "test"
        run = check_finetuning(checks, data, scratch)
        check_evaluation(checks, run, scratch / "evaluation")
        check_prediction(checks, run, photos, scratch / "answers.csv")
        check_features(checks, run, photos, scratch / "features.npz")
        check_export(checks, run, data / "messy", scratch)
        check_messy_finetuning(checks, data / "messy", scratch / "messy")
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


class Checks:
    """Counts what passes and what fails, and says so as it happens."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, name, passed, detail=""):
        self.passed += bool(passed)
        self.failed += not passed
        print("PASS" if passed else "FAIL", name, f"({detail})" if detail else "")

    def command(self, *words):
        """Runs a command in a process of its own; gives what it printed."""
        command = [sys.executable, ROOT / "cli.py", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        last = done.stderr.strip().splitlines()[-1:] if done.returncode else ""
        self(f"{words[0]} leaves with 0", done.returncode == 0, last)
        return done.stdout


def check_verdicts(checks, messy, table):
    checks.command("check-data", messy, "--csv", table)
    found = {
        str(pathlib.Path(row["file"]).relative_to(messy)): row["verdict"]
        for row in read_csv(table)
    }
    allowed = {"good": {"good"}, "bad": {"bad"}, "either": {"good", "bad"}}
    expected = read_csv(messy / "verdicts.csv")
    for row in expected:
        verdict = found.get(row["file"])
        checks(
            f"messy/{row['file']} is {row['verdict']}",
            verdict in allowed.get(row["verdict"], {None}),
            f"found: {verdict}",
        )
    known = {row["file"] for row in expected}
    checks("no file has a verdict that is not in the list", found.keys() <= known)


def check_descriptions(checks, data):
    for name, words in (
        ("pets5", "300 train, 100 test images of 5 classes"),
        ("cifar10/cifar10.npz", "2,800 train, 500 test images of 10 classes"),
    ):
        printed = checks.command("datasets", data / name)
        checks(f"{name} has {words}", words in printed, printed.split("\n")[0])


def check_weights_of_others(checks, data):
    """The logits and the accuracy that PyTorch has with the same weights and images."""
    import bit_keras as bk

    folder = data / "weights_resnet20_cifar10"
    weights = str(folder / "resnet20_cifar10.npz")
    network = bk.models.resnet("r20", num_classes=10, weights=weights)
    with np.load(data / "cifar10" / "cifar10.npz") as file:
        images, labels = file["x_test"], file["y_test"].ravel()
    with np.load(folder / "golden_logits.npz") as file:
        expected = file["logits"]
    for name, model in (("", network), (", folded", bk.models.for_inference(network))):
        logits = model.predict(images, verbose=0)
        error = abs(logits[: len(expected)] - expected).max()
        checks(f"logits of ResNet-20{name} are PyTorch's", error < 1e-4, f"{error:.1e}")
        accuracy = (logits.argmax(-1) == labels).mean()
        checks(f"ResNet-20{name} is as good", accuracy == 0.914, f"{accuracy:.1%}")


def check_finetuning(checks, data, scratch):
    """Fine-tunes twice; gives the first run folder."""
    weights = scratch / "official.npz"
    make = (
        "import sys, bit_keras as bk, keras; keras.utils.set_random_seed(1); "
        "bk.weights.save(bk.models.bit('r50x1', num_classes=21843), sys.argv[1])"
    )
    command = [sys.executable, "-c", make, weights]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    runs = [scratch / "first", scratch / "second"]
    for run in runs:
        printed = checks.command(
            *("finetune", "--dataset", "oxford_iiit_pet", "--data-dir", data / "tfds"),
            *("--model", "bit_r50x1", "--weights", weights, "--output", run),
            *("--set", *SHORT.split()),
        )
        checks("its recipe is printed", "  decay_at           8,12,16" in printed)
    losses = [float(row["loss"]) for row in read_csv(runs[0] / "log.csv")]
    checks(
        "the loss begins at that of 37 equal chances and stays finite",
        abs(losses[0] - math.log(37)) < 1e-3 and np.isfinite(losses).all(),
        f"from {losses[0]:.4f} to {losses[-1]:.4f}",
    )
    first, second = (network_weights(run) for run in runs)
    equal = [(a == b).all() for a, b in zip(first, second, strict=True)]
    checks("two runs are equal to the last bit", all(equal), f"{len(equal)} arrays")
    return runs[0]


def network_weights(run):
    from bit_keras.commands.shared import import_tensorflow

    import_tensorflow()
    from bit_keras.training import open_run

    return open_run(run).network().get_weights()


def check_evaluation(checks, run, output):
    checks.command("evaluate", "--run", run, "--output", output)
    summary = json.loads((output / "summary.json").read_text("utf-8"))
    own = json.loads((run / "metrics.json").read_text("utf-8"))
    checks(
        "evaluate finds what finetune found, on all 174 test photographs",
        summary["examples"] == 174
        and summary["top1"] == own["top1"]
        and math.isclose(summary["loss"], own["loss"], rel_tol=1e-5),
        f"top-1 {summary['top1']:.2%}",
    )


def check_prediction(checks, run, photos, table):
    checks.command("predict", photos, "--run", run, "--csv", table)
    rows = read_csv(table)
    names = json.loads((run / "run.json").read_text("utf-8"))["class_names"]
    checks("predict answers for all 100 photographs", len(rows) == 100)
    checks("with classes of the run", {row["class_1"] for row in rows} <= set(names))


def check_features(checks, run, photos, file):
    checks.command("embed", photos, "--run", run, "--output", file)
    with np.load(file, allow_pickle=False) as archive:
        features, paths = archive["features"], archive["paths"]
    checks(
        "embed gives 2048 finite features for each",
        features.shape == (100, 2048) and np.isfinite(features).all(),
    )
    checks("with their paths", len(set(paths.tolist())) == 100)


def check_export(checks, run, messy, scratch):
    for form, words in (
        ("savedmodel", ()),
        ("onnx", ("--format", "onnx")),
        ("litert", ("--format", "litert")),
        ("int8", ("--format", "litert", "--precision", "int8")),
    ):
        printed = checks.command("export", "--run", run, "--to", scratch / form, *words)
        difference = float(printed.split("differ from the network's by ")[1].split()[0])
        checks(
            f"{form} differs little on 16 test photographs",
            difference < (0.1 if form == "int8" else 1e-5)
            and "on 16 test images of oxford_iiit_pet" in printed,
            f"{difference:.1e}",
        )
    answers = []
    for words in (("--run", run), ("--saved-model", scratch / "savedmodel")):
        table = scratch / "messy.csv"
        checks.command("predict", messy, *words, "--csv", table)
        answers.append(read_csv(table))
    probabilities = [
        np.array([float(row["probability_1"]) for row in rows]) for rows in answers
    ]
    checks(
        "predict tells the same of the export, for every messy file",
        [row["path"] for row in answers[0]] == [row["path"] for row in answers[1]]
        and np.abs(probabilities[0] - probabilities[1]).max() < 1e-5,
        f"{len(answers[0])} files",
    )


def check_messy_finetuning(checks, messy, output):
    printed = checks.command(
        *("finetune", "--dataset", messy, "--model", "bit_tiny", "--output", output),
        *("--set", "steps=3", "resize=40", "crop=32", "batch_size=8"),
    )
    bad = [row for row in read_csv(messy / "verdicts.csv") if row["verdict"] == "bad"]
    named = read_csv(output / "bad_images.csv")
    left_out = {str(pathlib.Path(row["file"]).relative_to(messy)) for row in named}
    checks(
        "finetune leaves out what is bad, with the reason",
        {row["file"] for row in bad} <= left_out
        and all(row["reason"] for row in named),
        f"left out: {len(left_out)}, bad: {len(bad)}",
    )
    checks("and says so", f"cannot be read ({len(named)})" in printed)


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    if len(sys.argv) != 2 or not pathlib.Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    sys.path.insert(0, str(ROOT))
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
