"""What the tests of killed runs start in a process of its own: a small fine-tuning.

With `stop_at` among the arguments it asks itself to stop in the step of that number.
"""

import json
import os
import signal
import sys

from bit_keras.families import bit, resnet

bit.VARIANTS["tiny"] = bit.BiTSpec((1,), 0.5)
resnet.VARIANTS["r20"] = resnet.ResNetSpec((1, 1), "basic", 0.25, stem="cifar")


def stop_at(step):
    from bit_keras.training.progress import Log

    add = Log.add

    def add_and_stop(log, row):
        add(log, row)
        if row["step"] == step:
            os.kill(os.getpid(), signal.SIGTERM)

    Log.add = add_and_stop


if __name__ == "__main__":
    import bit_keras as bk
    from bit_keras.errors import InputError
    from bit_keras.recipes import parse_assignments

    arguments = json.loads(sys.argv[1])
    stop_at(arguments.pop("stop_at", None))
    changes = parse_assignments(arguments.pop("fields"))
    model = arguments.pop("model", "bit_tiny")
    try:
        bk.finetune("digits", model=model, changes=changes, **arguments)
    except InputError as error:
        sys.exit(str(error))
