"""What the tests of killed runs start in a process of its own: a small fine-tuning."""

import json
import sys

from bit_keras.families.bit import VARIANTS, BiTSpec

VARIANTS["tiny"] = BiTSpec((1,), 0.5)

if __name__ == "__main__":
    import bit_keras as bk
    from bit_keras.errors import InputError
    from bit_keras.recipes import parse_assignments

    arguments = json.loads(sys.argv[1])
    changes = parse_assignments(arguments.pop("fields"))
    try:
        bk.finetune("digits", model="bit_tiny", changes=changes, **arguments)
    except InputError as error:
        sys.exit(str(error))
