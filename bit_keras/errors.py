"""What the user gave cannot be used: one kind of error and one kind of suggestion."""

import difflib


class InputError(ValueError):
    """Wrong input; the message is one sentence: what is wrong, and what to do.

    The commands print it without a traceback and leave with exit code 2.
    """


def suggestion(name, known):
    """Gives " Did you mean 'steps'?" for the nearest of `known`, or an empty text."""
    known = list(dict.fromkeys(str(k) for k in known))
    nearest = difflib.get_close_matches(str(name), known, n=3)
    if not nearest:
        by_lower = {k.lower(): k for k in known}
        matches = difflib.get_close_matches(str(name).lower(), by_lower, n=3)
        nearest = [by_lower[match] for match in matches]
    if not nearest:
        return ""
    return " Did you mean " + " or ".join(f"'{n}'" for n in nearest) + "?"
