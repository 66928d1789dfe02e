import subprocess
import sys


def test_the_forms_of_data_sets_are_told_without_importing_anything():
    script = (
        "import sys; from bit_keras.forms import FORMS; print(*FORMS, sep='\\n'); "
        "assert not {'numpy', 'keras', 'tensorflow'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    for word in ("folder", ".csv", ".npz", "TensorFlow Datasets", "digits"):
        assert word in done.stdout
