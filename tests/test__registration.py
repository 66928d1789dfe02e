import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "imports",
    [
        "import bit_keras, keras",
        "import keras, bit_keras",
        "import bit_keras, tensorflow, keras",
        "import bit_keras.layers, keras",
    ],
)
def test_classes_are_registered_in_whatever_order_keras_is_imported(imports):
    names = ["ImageModel", "GroupNormalization", "Table"]
    if "layers" in imports:
        names = ["GroupNormalization", "StandardizedConv2D"]
    find = f"""
{imports}
for name in {names}:
    assert keras.saving.get_registered_object("bit_keras>" + name) is not None, name
"""
    subprocess.run([sys.executable, "-c", find], check=True)


def test_importing_the_package_alone_imports_no_framework():
    script = (
        "import bit_keras, sys; assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
