"""The model card of an export: what it is, where from, how good, and how to ask it."""

import datetime
import importlib.resources
import os
from pathlib import Path

import jinja2

from bit_keras import program
from bit_keras.evaluation.figures import written
from bit_keras.export.answers import utf8_names
from bit_keras.models import endpoint
from bit_keras.training.run_folder import versions

NAME = "README.md"


def model_card(trained, folder, form, comparison, *, run, licence, precision):
    """Writes the model card of an export, as Markdown.

    Args:
        trained: `bit_keras.training.trained.Trained`.
        folder: path of the export, for the examples.
        form: `bit_keras.export.format.Format` of it.
        comparison: `bit_keras.export.answers.Comparison`.
        run: `bit_keras.training.run_folder.Run` that the network is of, or None.
        licence: text, or None.
        precision: of the weights.

    Returns:
        str.
    """
    model = trained.model
    if comparison.output == "features":
        model = endpoint(model, "pre_logits")
    return _template().render(
        command=program.command(),
        name=os.path.basename(os.path.abspath(trained.name)),
        network=run.info.network if run is not None else trained.name,
        parameters=f"{model.count_params():,}",
        date=datetime.date.today(),
        classes=[name.decode() for name in utf8_names(trained)],
        several=trained.multi_label,
        channels=trained.model.input_shape[-1],
        crop=trained.crop,
        preprocessing=trained.preprocessing.describe(),
        folder=str(Path(folder)),
        form=form,
        comparison=comparison,
        licence=licence,
        precision=precision,
        versions=", ".join(f"{name} {text}" for name, text in versions().items()),
        **_facts(trained, run),
    )


def _facts(trained, run):
    """Gives where the network is from, and how good it was."""
    facts = dict.fromkeys(("run", "data", "examples", "figures", "measured", "recipe"))
    if run is None:
        return facts | {"weights": trained.name}
    metrics = run.metrics or {}
    return {
        "run": str(run.folder),
        "data": run.info.data,
        "weights": run.info.weights,
        "examples": metrics.get("examples"),
        "figures": written(metrics),
        "measured": run.recipe.preprocessing.describe(),
        "recipe": run.recipe.as_texts(),
    }


def _template():
    environment = jinja2.Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        loader=jinja2.FunctionLoader(_text_of),
    )
    environment.filters |= {"literal": repr, "quoted": program.quoted}
    return environment.get_template("model_card.md")


def _text_of(name):
    source = importlib.resources.files(__package__) / "cards" / name
    return source.read_text("utf-8")
