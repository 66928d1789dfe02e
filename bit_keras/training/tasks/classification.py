"""Learning to tell classes apart, with a test at the end."""

import keras

from bit_keras.data import (
    evaluation_batches,
    training_batches,
    with_validation_part,
)
from bit_keras.evaluation.figures import headline, metric_names, written
from bit_keras.evaluation.running import Classifier
from bit_keras.evaluation.summaries import summarize
from bit_keras.training import first_answer
from bit_keras.training.choice import make
from bit_keras.training.results import write_results


class Classification:
    """See `bit_keras.training.tasks`."""

    write_results = staticmethod(write_results)

    def open(self, source, seed):
        return source.open(seed)

    def hold_out(self, data, seed):
        return with_validation_part(data, seed)

    def sized(self, recipe, data, choice, settings):
        chosen = recipe.head == "closed_form" and (recipe.minutes or not recipe.steps)
        if not chosen or {"crop", "resize"} & settings.changes.keys():
            return recipe
        network, _ = make(
            choice,
            num_classes=data.num_classes,
            channels=data.channels,
            **recipe.network,
        )
        return first_answer.resized(recipe, data, network)

    def begin(self, network, data, recipe, told):
        if recipe.head == "closed_form":
            first_answer.fill_head(network, data, recipe)
            return "; then its head was found in closed form"
        if told:
            first_answer.tell_first_answer(network, data, recipe)
        return ""

    def batches(self, data, recipe, start, share):
        return training_batches(
            data.part("train"), recipe, data.num_classes, start=start, share=share
        )

    def evaluator(self, learner, data):
        recipe = learner.recipe
        batches = evaluation_batches(
            data.part("val"),
            recipe.preprocessing,
            data.num_classes,
            batch_size=recipe.batch_size,
        )
        return Evaluator(
            learner.network, batches, data.class_names, recipe.loss, data.multi_label
        )

    def metrics(self, data, recipe):
        return metric_names(data.multi_label, data.num_classes)

    def headline(self, metrics):
        name, _ = headline(metrics)
        return f"{name} {written(metrics)[name]}"


class Evaluator:
    """Evaluates weights on the held-out images; its graph is made once.

    Args:
        network: the `keras.Model` in training.
        batches: `tf.data.Dataset`, see `evaluation_batches`.
        class_names: in the order of the logits.
        loss: of the recipe.
        multi_label: whether an image has several labels, or none.
    """

    def __init__(self, network, batches, class_names, loss, multi_label=False):
        self._network = keras.models.clone_model(network)
        self._classify = Classifier(self._network, loss, multi_label)
        self._batches, self._class_names = batches, class_names

    def __call__(self, weights):
        self._network.set_weights(weights)
        predictions = self._classify(self._batches, description="evaluating")
        return summarize(predictions, self._class_names)
