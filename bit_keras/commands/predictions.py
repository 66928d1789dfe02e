"""The forms in which `predict` tells what a network says of photographs.

A row is (path, [(class, probability), …]), the most probable class first; `several`
says whether an image may have several labels.
"""

import json

from bit_keras.evaluation import THRESHOLD


def said(classes, several):
    """Gives the classes that are said of a photograph: one, of several labels any."""
    if not several:
        return classes[:1]
    return [(name, value) for name, value in classes if value >= THRESHOLD]


def lines(rows, several):
    """Yields a line for each photograph, for people."""
    width = max((len(str(path)) for path, _ in rows), default=0)
    for path, classes in rows:
        if several:
            classes = said(classes, several) or classes[:1]
        shown = "   ".join(f"{name} {probability:.1%}" for name, probability in classes)
        yield f"{path!s:{width}}   {shown}"


def json_lines(paths, rows, bad):
    """Yields an object for each photograph, read or not, in the order of `paths`."""
    told = {
        path: {
            "classes": [
                {"class": name, "probability": round(value, 6)}
                for name, value in classes
            ]
        }
        for path, classes in rows
    }
    told |= {path: {"error": reason} for path, reason in bad}
    for path in filter(told.__contains__, paths):
        yield json.dumps({"path": str(path), **told[path]})


def table(rows, top):
    """Yields the rows of a CSV, of which the first is the header."""
    rows = [(photo, classes[:top]) for photo, classes in rows]
    numbers = range(1, len(rows[0][1]) + 1)
    kinds = ("class", "probability")
    yield ["path", *(f"{kind}_{k}" for k in numbers for kind in kinds)]
    for photo, classes in rows:
        cells = [cell for name, value in classes for cell in (name, f"{value:.6f}")]
        yield [photo, *cells]


def by_class(rows, several):
    """Gives {class: rows}, the least certain first; those of no class under None."""
    groups = {}
    for row in rows:
        # Without a class the most doubtful is the one that nearly has one.
        for name, value in said(row[1], several) or [(None, -row[1][0][1])]:
            groups.setdefault(name, []).append((value, row))
    for pairs in groups.values():
        pairs.sort(key=lambda pair: pair[0])
    names = sorted(groups, key=lambda name: (name is None, (name or "").casefold()))
    return {name: [row for _, row in groups[name]] for name in names}
