"""HTML pages of one file that need no network, no script and no server."""

import base64
import io

import jinja2
import markupsafe
from PIL import Image

from bit_keras import files

LARGEST_PICTURE = 192


def write_page(path, template, **content):
    """Fills a template of this package and writes the page.

    Args:
        path: file to write.
        template: name of the template, which has the filters `percent`, of a share in
            0..1 or None, and `breakable`, of a name.
        **content: what the template names.

    Raises:
        InputError: if the file cannot be written.
    """
    loader = jinja2.PackageLoader(__package__, "")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["percent"] = _percent
    environment.filters["breakable"] = _breakable
    page = environment.get_template(template).render(**content)
    # A file name that is not valid Unicode must not cost the user the page.
    files.write(path, page.encode("utf-8", "replace"))


def picture(image):
    """Gives a picture's address and its width and height, scaled down to fit.

    Args:
        image: uint8 array (height, width, 3).
    """
    small = Image.fromarray(image)
    small.thumbnail((LARGEST_PICTURE, LARGEST_PICTURE))
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=88)
    width, height = small.size
    source = data_uri(buffer.getvalue(), "jpeg")
    return {"source": source, "width": width, "height": height}


def data_uri(content, kind):
    """Gives the bytes of an image file as the address of a picture."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _percent(value, digits=1):
    return "–" if value is None else f"{100 * value:.{digits}f}\N{NO-BREAK SPACE}%"


def _breakable(name):
    """Escapes a name and lets its line break after an underscore."""
    return markupsafe.escape(name).replace("_", markupsafe.Markup("_<wbr>"))
