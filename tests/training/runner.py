"""What the tests of killed runs start in a process of its own: a small fine-tuning."""

import json
import sys

from bit_keras.families.bit import VARIANTS, BiTSpec

VARIANTS["tiny"] = BiTSpec((1,), 0.5)

if __name__ == "__main__":
    import bit_keras as bk
    from bit_keras.errors import InputError

    arguments = json.loads(sys.argv[1])
    fields = arguments.pop("fields")
    try:
        bk.finetune("digits", model="bit_tiny", fields=fields, **arguments)
    except InputError as error:
        sys.exit(str(error))
