"""The network that guesses patches of a ViT which are out of its sight."""

import keras

from bit_keras.errors import InputError
from bit_keras.layers import MaskedPatches
from bit_keras.models.image_model import ImageModel

PATCHES = "patches"  # the layer of a ViT that gives the tokens of the patches
MASKS = "masks"


def patch_side(network):
    """Gives the side in pixels of the patches of a network that can be masked.

    Args:
        network: a ViT of this package without a stem.

    Raises:
        InputError: if the network is no ViT, or one behind a ResNet, which sees more of
            the image than the patch, or if the image is a single patch.
    """
    names = {layer.name for layer in network.layers}
    if PATCHES not in names:
        raise InputError(
            f"Patches can be masked in a ViT, such as vit_ti16, but '{network.name}' "
            "has none."
        )
    if "root" in names:
        raise InputError(
            f"In '{network.name}' a ResNet sees each patch together with its "
            "neighbours, so that none can be masked; take a ViT without one, such as "
            "vit_ti16."
        )
    if network.get_layer(PATCHES).output.shape[1] < 2:
        raise InputError(
            f"To '{network.name}' these images are a single patch, which cannot be "
            "guessed from others; take a larger crop or a ViT with smaller patches."
        )
    return network.get_layer("embedding").kernel_size[0]


def masked_patch_network(network, outputs, seed):
    """Puts masks into a ViT, and a dense layer behind its last tokens.

    Between patches and positions stands a `MaskedPatches`. The class token takes part
    but guesses nothing; what stands behind the tokens of `encoded` is left out.

    Args:
        network: one that has a `patch_side`. Its layers are shared; `layer.output` of
            each stays that in this network.
        outputs: numbers that are guessed of each patch.
        seed: integer, of the masks.

    Returns:
        `keras.Model` from images to float32 (batch, patches, outputs + 1); the last
        number is 1 where a patch was corrupted, else 0.
    """
    corrupted = []

    def with_masks(layer, *args, **kwargs):
        tokens = layer(*args, **kwargs)
        if layer.name == PATCHES:
            masks = MaskedPatches(seed=seed, dtype=layer.dtype_policy, name=MASKS)
            tokens, flags = masks(tokens)
            corrupted.append(flags)
        return tokens

    encoder = keras.models.clone_model(
        keras.Model(network.inputs[0], network.get_layer("encoded").output),
        clone_function=lambda layer: layer,
        call_function=with_masks,
    )
    (flags,), (tokens,) = corrupted, encoder.outputs
    tokens = tokens[:, tokens.shape[1] - flags.shape[1] :]
    guessed = keras.layers.Dense(
        outputs, kernel_initializer="zeros", dtype="float32", name="guessed"
    )(tokens)
    both = keras.layers.Concatenate(dtype="float32", name="guessed_and_masks")
    return ImageModel(encoder.inputs[0], both([guessed, flags]), name=network.name)
