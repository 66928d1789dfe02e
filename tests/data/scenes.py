"""Made-up photographs, each unlike all others, and their files."""

import numpy as np
from PIL import Image


def scene(number, size=(90, 60)):
    """A smooth picture with a grain of its own; the same for the same number."""
    generator = np.random.default_rng(number)
    picture = 128 + generator.normal(0, 4, (size[1], size[0], 3))
    for cells in (3, 6, 12):
        noise = generator.normal(0, 90 / cells**0.5, (3, cells, cells))
        for channel, layer in enumerate(noise.astype("float32")):
            layer = Image.fromarray(layer).resize(size, Image.BICUBIC)
            picture[..., channel] += layer
    return Image.fromarray(picture.clip(0, 255).astype("uint8"))


def cropped(image, share=0.02):
    """The picture without this share on every side."""
    width, height = image.size
    left, top = round(share * width), round(share * height)
    return image.crop((left, top, width - left, height - top))


def written(folder, **pictures):
    """Writes pictures as PNG files of their names into a new folder; gives it."""
    folder.mkdir(parents=True)
    for name, picture in pictures.items():
        picture.save(folder / f"{name}.png")
    return folder
