"""The published files of "ResNet strikes back", as timm's hub has them.

Names, sizes and crops are those of timm 1.0.31 (timm/models/resnet.py). A1, A2, A3 and
D were trained with sigmoids; nothing that says so of B and C was found, so that their
logits are taken for those of a softmax.
"""

from bit_keras.families.family import PublishedFile

HUB = "https://huggingface.co/timm/{}/resolve/main/model.safetensors"
SIGMOID = ("a1", "a2", "a3", "d")
# What the network and the procedure are called -> the file of the first publication,
# without ".pth"; what it ends with are the first digits of its SHA-256.
FIRST = {
    "resnet18.a1": "resnet18_a1_0-d63eafa0",
    "resnet18.a2": "resnet18_a2_0-b61bd467",
    "resnet18.a3": "resnet18_a3_0-40c531c8",
    "resnet34.a1": "resnet34_a1_0-46f8f793",
    "resnet34.a2": "resnet34_a2_0-82d47d71",
    "resnet34.a3": "resnet34_a3_0-a20cabb6",
    "resnet50.a1": "resnet50_a1_0-14fe96d1",
    "resnet50.a2": "resnet50_a2_0-a2746f79",
    "resnet50.a3": "resnet50_a3_0-59cae1ef",
    "resnet50.b1k": "resnet50_b1k-532a802a",
    "resnet50.b2k": "resnet50_b2k-1ba180c1",
    "resnet50.c1": "resnet50_c1-5ba5e060",
    "resnet50.c2": "resnet50_c2-d01e05b2",
    "resnet50.d": "resnet50_d-f39db8af",
    "resnet50d.a1": "resnet50d_a1_0-e20cff14",
    "resnet50d.a2": "resnet50d_a2_0-a3adc64d",
    "resnet50d.a3": "resnet50d_a3_0-403fdfad",
    "resnet101.a1": "resnet101_a1_0-cdcb52a9",
    "resnet101.a2": "resnet101_a2_0-6edb36c7",
    "resnet101.a3": "resnet101_a3_0-1db14157",
    "resnet152.a1": "resnet152_a1_0-2eee8a7a",
    "resnet152.a2": "resnet152_a2_0-b4c6978f",
    "resnet152.a3": "resnet152_a3_0-134d4688",
}
ALIASES = {first: f"timm/{name}_in1k" for name, first in FIRST.items()}


def published():
    """Yields every public file."""
    for name in FIRST:
        network, procedure = name.split(".")
        yield PublishedFile(
            f"timm/{name}_in1k",
            HUB.format(f"{name}_in1k"),
            network,
            num_classes=1000,
            loss="sigmoid" if procedure in SIGMOID else "softmax",
            words="imagenet_1k",
            normalization="imagenet",
            share=0.95,
            interpolation="bicubic",
            antialias=True,
        )
