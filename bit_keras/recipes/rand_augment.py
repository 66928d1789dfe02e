"""RandAugment's settings, from the text that timm's recipes are published with."""

import dataclasses
import math
import re

from bit_keras.errors import InputError, suggestion

LEVELS = 10  # of the scale of magnitudes
# Section of the text -> field of `RandAugment` and the type that its number has.
SECTIONS = {
    "m": ("magnitude", int),
    "n": ("layers", int),
    "mstd": ("deviation", float),
    "mmax": ("most", int),
    "inc": ("increasing", int),
    "p": ("probability", float),
}
EXAMPLE = "rand-m7-mstd0.5-inc1"


@dataclasses.dataclass(frozen=True)
class RandAugment:
    """How RandAugment changes an image; plain data.

    Args:
        magnitude: mean strength of a change, 0 to `most`.
        layers: operations that are drawn for an image, with replacement.
        deviation: of the strength, which is normal; infinite: it is uniform in
            0..`magnitude`.
        most: largest strength.
        increasing: all operations are the stronger the larger the magnitude is.
        probability: with which an operation that was drawn is applied.
    """

    magnitude: int = LEVELS
    layers: int = 2
    deviation: float = 0.0
    most: int = LEVELS
    increasing: bool = False
    probability: float = 0.5


def parse_rand_augment(text):
    """Reads timm's text, such as "rand-m7-mstd0.5-inc1", into a `RandAugment`.

    The sections behind "rand" may stand in any order: m magnitude (10), n operations of
    an image (2), mstd deviation of the magnitude (0; above 100 it is uniform), mmax its
    limit (10), inc1 the increasing set of operations, p their probability (0.5).

    Raises:
        InputError: if it has another section, one twice, or a number out of range.

    Reference: `rand_augment_transform` of timm 1.0. Releases before it took inc0 for
        inc1, too.
    """
    first, *sections = text.split("-")
    if first != "rand":
        raise _error(text, "begins with 'rand'")
    fields = {}
    for section in sections:
        name, number = re.fullmatch(r"([a-z]*)(.*)", section).groups()
        if name not in SECTIONS:
            known = f"has the sections {', '.join(SECTIONS)}, and no '{section}'"
            raise _error(text, known, suggestion(name, SECTIONS))
        field, kind = SECTIONS[name]
        if field in fields:
            raise _error(text, f"has the section {name} once")
        fields[field] = _number(text, name, number, kind)
    if fields.get("deviation", 0) > 100:
        fields["deviation"] = math.inf
    if "increasing" in fields:
        fields["increasing"] = bool(fields["increasing"])
    return RandAugment(**fields)


def _number(text, name, number, kind):
    pattern = r"\d+" if kind is int else r"\d+(\.\d*)?"
    if not re.fullmatch(pattern, number):
        whole = "a whole number" if kind is int else "a number"
        raise _error(text, f"has {whole} after {name}")
    number = kind(number)
    if name == "p" and number > 1:
        raise _error(text, "has a probability p of 0 to 1")
    if name in ("n", "mmax") and number < 1:
        raise _error(text, f"has an {name} of 1 at least")
    return number


def _error(text, rule, hint=""):
    return InputError(
        f"Recipe field rand_augment={text} is not a text of timm, which {rule}, as in "
        f"{EXAMPLE}.{hint}"
    )
