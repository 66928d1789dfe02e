"""The published files of ViT and its hybrids.

Names and addresses follow the READMEs of github.com/google-research/vision_transformer
and github.com/google-research/big_vision.
"""

import re

from bit_keras.families.family import PublishedFile

BASE_URL = "https://storage.googleapis.com/vit_models/"
WORDS_1K = {"num_classes": 1000, "words": "imagenet_1k"}
# Pre-trained with sigmoids, because its images have several labels.
WORDS_21K = {
    "num_classes": 21_843,
    "words": "imagenet_21k",
    "multi_label": True,
    "loss": "sigmoid",
}
# The registry name of what public names call a network.
PUBLIC = {
    "Ti_16": "vit_ti16",
    "S_32": "vit_s32",
    "S_16": "vit_s16",
    "B_32": "vit_b32",
    "B_16": "vit_b16",
    "B_8": "vit_b8",
    "L_32": "vit_l32",
    "L_16": "vit_l16",
    "H_14": "vit_h14",
    "R_Ti_16": "vit_r_ti16",
    "R26_S_32": "vit_r26_s32",
    "R26_B_32": "vit_r26_b32",
    "R50_B_16": "vit_r50_b16",
    "R50_L_32": "vit_r50_l32",
}
ORIGINAL_21K = (
    *("B_16", "B_32", "L_16", "L_32", "H_14"),
    *("R50_B_16", "R26_B_32", "R50_L_32"),
)
ORIGINAL_1K = ("B_16", "B_32", "L_16", "L_32", "R50_B_16")
# Those that https://arxiv.org/abs/2106.10270 recommends, the best on held-out images of
# ImageNet-21k: the rest of the name, images per second at 384 pixels, and top-1 of
# ImageNet in % where fine-tuned at that size (README of
# google-research/vision_transformer; for B/8 `VANITY_NAMES` in big_vision's
# models/vit.py alone).
RECOMMENDED = {
    "Ti_16": ("none-wd_0.03-do_0.0-sd_0.0", 610, 78.22),
    "S_32": ("none-wd_0.1-do_0.0-sd_0.0", 2154, 79.58),
    "S_16": ("light1-wd_0.03-do_0.0-sd_0.0", 300, 83.73),
    "B_32": ("light1-wd_0.1-do_0.0-sd_0.0", 955, 83.59),
    "B_16": ("medium1-wd_0.1-do_0.0-sd_0.0", 138, 85.49),
    "B_8": ("medium2-wd_0.1-do_0.0-sd_0.0", None, None),
    "L_16": ("strong1-wd_0.1-do_0.0-sd_0.0", 50, 85.59),
    "R_Ti_16": ("none-wd_0.03-do_0.0-sd_0.0", 2426, 75.40),
    "R26_S_32": ("light1-wd_0.1-do_0.0-sd_0.0", 560, 83.85),
    "R50_L_32": ("medium1-wd_0.1-do_0.1-sd_0.1", 327, 85.99),
}
# The classes of what augreg files are fine-tuned on; of others a file tells.
ADAPTED = {
    "imagenet2012": WORDS_1K,
    "cifar10": {"num_classes": 10},
    "cifar100": {"num_classes": 100},
    "oxford_iiit_pet": {"num_classes": 37},
    "oxford_flowers102": {"num_classes": 102},
    "resisc45": {"num_classes": 45},
    "kitti": {"num_classes": 4},
}
_AUGREG = re.compile(
    r"(augreg/)?(?P<model>\w+_\d+)-(?P<data>i1k|i21k)-\d+ep-lr_[\d.]+-aug_[a-z]+\d?"
    r"-wd_[\d.]+-do_[\d.]+-sd_[\d.]+"
    r"(--(?P<adapted>[\w-]+?)-steps_\d+k-lr_[\d.]+-res_(?P<crop>\d+))?"
)


def augreg(name):
    """Gives the `PublishedFile` that a name of the augreg grammar means, else None.

    There are over 50,000 of them: MODEL-DATA-EPOCHS-lr-aug-wd-do-sd, and of those that
    are fine-tuned --TASK-steps-lr-res (vit_jax/checkpoint.py).

    >>> augreg("Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0").network
    'vit_ti16'
    """
    match = _AUGREG.fullmatch(name)
    if not match or match["model"] not in PUBLIC:
        return None
    facts = WORDS_21K if match["data"] == "i21k" else WORDS_1K
    if match["adapted"]:
        facts = ADAPTED.get(match["adapted"])
        if facts is None:
            return None
    full = f"augreg/{name.removeprefix('augreg/')}"
    return _file(full, match["model"], crop=int(match["crop"] or 224), **facts)


def recommended_name(public):
    """Gives the full public name of what is recommended for "Ti_16", say."""
    ending, _, _ = RECOMMENDED[public]
    return f"augreg/{public}-i21k-300ep-lr_0.001-aug_{ending}"


def _file(name, public, **facts):
    url = BASE_URL + name.replace("+", "%2B") + ".npz"
    return PublishedFile(name, url, PUBLIC[public], **facts)


def _original(folder, public, suffix="", **facts):
    ending = public.split("_", 1)
    model = f"{ending[0]}+ViT-{ending[1]}" if public[0] == "R" else f"ViT-{public}"
    return _file(f"{folder}/{model}{suffix}", public, **facts)


def published():
    """Yields every public file but for those that `augreg` tells."""
    for public in ORIGINAL_21K:
        # Their heads are zero: Google left them out.
        yield _original("imagenet21k", public, **WORDS_21K)
    for public in ORIGINAL_1K:
        yield _original("imagenet21k+imagenet2012", public, crop=384, **WORDS_1K)
    for public in ("B_16", "L_16"):
        yield _original("imagenet21k+imagenet2012", public, "-224", **WORDS_1K)
    for public in ("B_16", "B_32", "L_16", "L_32"):
        yield _original("sam", public, **WORDS_1K)
    for public in ("S_16", "S_32", "B_16", "B_32"):
        yield _original("gsam", public, **WORDS_1K)
    for public in RECOMMENDED:
        yield augreg(recommended_name(public))
    for epochs in (90, 150, 300):
        name = f"vit_s16_i1k_{epochs}ep"
        yield PublishedFile(
            f"big_vision/{name}",
            f"https://storage.googleapis.com/big_vision/{name}.npz",
            "vit_s16_plain",
            share=0.875,
            **WORDS_1K,
        )
