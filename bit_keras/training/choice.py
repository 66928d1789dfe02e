"""What the user asked for with `--model` and `--weights`, and the network of it."""

import dataclasses
import os
from pathlib import Path

from bit_keras import families
from bit_keras import weights as published
from bit_keras.errors import InputError, suggestion
from bit_keras.layers import PixelNormalization, PositionEmbedding
from bit_keras.models import build, without_random_numbers
from bit_keras.training.run_folder import open_run
from bit_keras.weights.files import open_weights
from bit_keras.weights.layouts import crop_of, num_classes_of
from bit_keras.weights.loading import fill
from bit_keras.weights.positions import resize_positions

HEAD = "logits"


@dataclasses.dataclass(frozen=True)
class Choice:
    """A network as the user named it.

    Args:
        network: registry name.
        weights: published name, path of a file or of a run folder; None for none.
    """

    network: str
    weights: str | None

    def facts(self, file):
        """Gives the `PublishedFile` of the weights, None where nothing is known.

        Args:
            file: the `WeightFile`, opened.
        """
        if not Path(self.weights).exists():
            return published.find(self.weights)
        _, spec = families.network(self.network)
        crop = crop_of(file, spec)
        return published.known(file.path, num_classes_of(file), self.network, crop)


def choose(model, weights=None):
    """Resolves `--model` (a registry or published name, or a run) and `--weights`.

    Raises:
        InputError: if the name is none of these, with the nearest ones.
    """
    weights = weights and os.path.expanduser(weights)
    if model in families.names():
        return Choice(model, weights)
    if Path(model).is_dir():
        if weights is not None:
            raise InputError("--weights does not go with a run folder after --model.")
        run = open_run(model)
        return Choice(run.info.network, str(Path(model).resolve()))
    try:
        file = published.find(model)
    except published.SeveralFiles:
        raise
    except InputError:
        known = [*families.names(), *published.catalogue()]
        raise InputError(
            f"Unknown model '{model}'.{suggestion(model, known)} `models` lists the "
            "networks, and `models --weights` the published files."
        ) from None
    return Choice(file.network, weights or file.name)


def make(choice, *, keep_head=False, head_bias=0.0, **arguments):
    """Builds the network of a choice, with its weights.

    Args:
        choice: `Choice`; without weights the network starts from scratch.
        keep_head: keep the head of the weights instead of a new zero head.
        head_bias: bias of a new head.
        arguments: of `bit_keras.models.build` (`num_classes`, `channels`, …).

    Returns:
        (`keras.Model`, a sentence on its weights).

    Raises:
        InputError: if the weights cannot be had or do not fit.
    """
    if choice.weights is None:
        network, told = build(choice.network, **arguments), "from scratch"
    elif Path(choice.weights).is_dir():
        network, told = _of_run(choice, keep_head, arguments)
    else:
        with open_weights(published.locate(choice.weights)) as file:
            head = "keep" if keep_head else "new"
            network, told = of_file(choice, file, head, **arguments)
    if head_bias and not keep_head:
        bias = network.get_layer(HEAD).bias
        bias.assign(bias + head_bias)  # of zeros
    return network, told


def of_file(choice, file, head, **arguments):
    """Builds the network of a choice, and fills it from its weights, opened.

    Args:
        choice: `Choice`.
        file: its `WeightFile`.
        head: "keep" or "new", see `bit_keras.weights.load`.
        arguments: of `bit_keras.models.build`.

    Returns:
        (`keras.Model`, sentences on its weights).
    """
    facts = choice.facts(file)
    with without_random_numbers():
        network = build(
            choice.network,
            normalization=facts and facts.normalization,
            **arguments,
        )
    told = fill(network, file, head=head)
    if facts is None:
        told += (
            f" It is none of the published files: pixels are taken to be normalised as "
            f"the network's own are ({_normalization(network)})."
        )
    return network, told


def _of_run(choice, keep_head, arguments):
    folder = choice.weights
    source = open_run(folder).network()
    arrays = {layer.name: layer.get_weights() for layer in source.layers}
    grids = {x.name: x.grid for x in source.layers if isinstance(x, PositionEmbedding)}
    if keep_head and HEAD not in arrays:
        raise InputError(
            f"The network of the run '{folder}' has no head to keep; leave out "
            "--keep-head."
        )
    with without_random_numbers():
        network = build(
            choice.network, normalization=_normalization(source), **arguments
        )
    for layer in network.layers:
        if layer.name == HEAD and not keep_head:
            continue
        if layer.name in grids and layer.kind == "learned":
            (array,) = arrays[layer.name]
            array = resize_positions(array, grids[layer.name], layer.grid)
            arrays[layer.name] = [array]
        found = [array.shape for array in arrays.get(layer.name, ())]
        wanted = [tuple(variable.shape) for variable in layer.weights]
        if found != wanted:
            raise InputError(
                f"The network of the run '{folder}' does not fit: its {layer.name} has "
                f"{found} instead of {wanted}."
            )
        layer.set_weights(arrays.get(layer.name, ()))
    head = "its head" if keep_head else "a new zero head"
    return network, f"the network of the run '{folder}', with {head}"


def _normalization(network):
    """Gives what a network makes of pixels, None where it has no such layer."""
    layers = (x for x in network.layers if isinstance(x, PixelNormalization))
    return next((layer.normalization for layer in layers), None)
