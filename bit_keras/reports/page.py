"""What the HTML pages share: templates, their filters, and pictures within the file."""

import base64

import jinja2
import markupsafe

MOST_BAD_IMAGES = 200


def template(name):
    """Gives a template of this folder; what it is given is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("bit_keras", "reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["percent"] = _percent
    environment.filters["breakable"] = _breakable
    return environment.get_template(name)


def data_uri(content, kind):
    """Gives the address of a picture that is the picture.

    Args:
        content: bytes of the file.
        kind: "png" or "jpeg".
    """
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _percent(value, digits=1):
    return "–" if value is None else f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def _breakable(name):
    """Escapes a name and lets its line break after an underscore."""
    return markupsafe.escape(name).replace("_", markupsafe.Markup("_<wbr>"))
