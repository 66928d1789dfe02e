"""One photograph, asked about in every way, has one answer."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from prediction_server import grpc_server, rest_server

from bit_keras.data import images
from bit_keras.errors import InputError
from bit_keras.export.client import Local, connect
from bit_keras.export.samples import samples_of
from bit_keras.export.writing import FORMATS, export
from bit_keras.training import open_run
from bit_keras.training.trained import open_trained


@pytest.fixture(scope="module")
def trained(finished):
    return open_trained(run=finished.folder)


@pytest.fixture(scope="module")
def exported(finished, trained, tmp_path_factory):
    """Gives a function: format, precision -> folder of the exported run."""
    samples = samples_of(trained, open_run(finished.folder), calibrate=True)
    made = {}

    def folder(format_name, precision="float32"):
        key = format_name, precision
        if key not in made:
            made[key] = tmp_path_factory.mktemp(format_name) / "1"
            export(trained, made[key], samples, format_name, precision=precision)
        return made[key]

    return folder


@pytest.fixture(scope="module")
def photo(pictures):
    return pictures / "green" / "1.jpg"


@pytest.fixture(scope="module")
def expected(trained, photo):
    """{class: probability} of the network itself."""
    pixels = images.decode(photo.read_bytes())
    logits = trained.model(images.resize(pixels[None], (32, 32)))
    probabilities = tf.nn.softmax(logits)[0].numpy()
    return dict(zip(trained.class_names, probabilities, strict=True))


def by_name(names, scores):
    return dict(zip(names, map(float, scores), strict=True))


def test_predict_tells_it_of_the_run_and_of_the_saved_model(
    command, finished, exported, photo, expected, tmp_path
):
    table = tmp_path / "answers.csv"
    for words in (
        ("--run", finished.folder),
        ("--saved-model", exported("savedmodel")),
    ):
        assert command("predict", photo, *words, "--csv", table).code == 0
        cells = table.read_text().splitlines()[1].split(",")[1:]
        assert by_name(cells[::2], cells[1::2]) == pytest.approx(expected, abs=1e-5)


def test_its_bytes_and_pixels_have_it(exported, trained, photo, expected):
    folder = exported("savedmodel")
    found = Local(folder)(photo.read_bytes()).classes
    assert dict(found) == pytest.approx(expected, abs=1e-5)
    pixels = np.asarray(Image.open(photo))[None]
    ask = tf.saved_model.load(str(folder)).signatures["images"]
    probabilities = ask(images=tf.constant(pixels))["probabilities"][0]
    # Pillow decodes JPEG by other arithmetic, up to a gray level apart.
    found = by_name(trained.class_names, probabilities)
    assert found == pytest.approx(expected, abs=2e-3)
    decoded = images.decode(photo.read_bytes())[tf.newaxis]
    found = by_name(
        trained.class_names, ask(images=decoded)["probabilities"][0].numpy()
    )
    assert found == pytest.approx(expected, abs=1e-5)


def test_json_sorted_folders_and_gallery_are_the_same_of_every_kind(
    command, finished, exported, pictures, tmp_path
):
    found = []
    with rest_server(exported("savedmodel"), "model") as address:
        for number, words in enumerate(
            (
                ("--run", finished.folder),
                ("--saved-model", exported("savedmodel")),
                ("--server", address),
            )
        ):
            place, page = tmp_path / f"{number}", tmp_path / f"{number}.html"
            forms = ("--json", "--sort-into", place, "--html", page)
            done = command("predict", pictures / "red", *words, *forms)
            rows = [json.loads(line) for line in done.out.splitlines()]
            names = [
                [row["path"], *(c["class"] for c in row.get("classes", ()))]
                for row in rows
            ]
            files = sorted(str(f.relative_to(place)) for f in place.rglob("*.jpg"))
            found.append((names, files, page.read_text().count("<img")))
    assert found[0] == found[1] == found[2]
    assert found[0][2] == len(found[0][1]) == 10


@pytest.mark.parametrize("server", [grpc_server, rest_server])
def test_a_server_gives_it(server, exported, photo, expected):
    with server(exported("savedmodel"), "colours") as address:
        found = connect(address, "colours")(photo.read_bytes()).classes
    assert dict(found) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("format_name", ["keras", "litert", "onnx", "hub"])
def test_every_other_format_gives_it(exported, trained, photo, expected, format_name):
    pixels = images.resize(images.decode(photo.read_bytes())[None], (32, 32)).numpy()
    form = FORMATS[format_name]
    if format_name == "hub":
        pixels = pixels / 255
    found = form.read(exported(format_name))(pixels)[0]
    if form.output == "logits":
        found = tf.nn.softmax(found).numpy()
    assert by_name(trained.class_names, found) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_quantized_files_name_the_same_class(
    exported, trained, pictures, photo, precision
):
    folder = exported("litert", precision)
    paths = sorted(pictures.glob("*/[0-9].jpg"))
    pixels = np.stack(
        [images.resize(images.decode(path.read_bytes()), (32, 32)) for path in paths]
    )
    found = FORMATS["litert"].read(folder)(pixels)
    probabilities = tf.nn.softmax(trained.model(pixels)).numpy()
    top2 = np.sort(probabilities)[:, -2:]
    card = (folder / "README.md").read_text()
    loss = float(card.split("differ from the network's by ")[1].split()[0])
    clear = top2[:, 1] - top2[:, 0] > 2 * loss
    assert (found.argmax(-1) == probabilities.argmax(-1))[clear].all()
    assert 1e-6 < loss < {"float16": 1e-3, "int8": 0.05}[precision]
    sizes = [(f / "model.tflite").stat().st_size for f in (folder, exported("litert"))]
    assert sizes[0] < {"float16": 0.6, "int8": 0.35}[precision] * sizes[1]


def test_a_saved_model_in_bfloat16_gives_it_nearly(exported, pictures):
    folder = exported("savedmodel", "bfloat16")
    card = (folder / "README.md").read_text()
    loss = float(card.split("differ from the network's by ")[1].split()[0])
    assert 1e-6 < loss < 0.02
    assert "It computes in bfloat16; what it gives is float32." in card
    sizes = [
        sum(f.stat().st_size for f in place.rglob("variables.data*"))
        for place in (folder, exported("savedmodel"))
    ]
    assert sizes[0] < 0.6 * sizes[1]
    photo = pictures / "green" / "1.jpg"
    assert Local(folder)(photo.read_bytes()).classes[0][0] == "green"


def odd_photographs():
    """File name -> contents, of what cameras and scanners write."""
    x, y = np.meshgrid(np.arange(40), np.arange(28))
    colours = np.stack([x * 6, y * 9, (x * y) % 256], -1).astype("uint8")
    picture = Image.fromarray(colours)
    seen_through = picture.copy()
    seen_through.putalpha(Image.fromarray((x * 6).astype("uint8")))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by a quarter
    bomb = Image.new("1", (20_001, 20_001))
    deep = Image.fromarray((x * y * 60).astype("uint16"))
    jpeg = encoded(picture, "JPEG")
    return {
        "bomb.png": encoded(bomb, "PNG"),
        "cmyk.jpg": encoded(picture.convert("CMYK"), "JPEG"),
        "cut.jpg": jpeg[: len(jpeg) // 2],
        "deep.png": encoded(deep, "PNG"),
        "empty.jpg": b"",
        "good.bmp": encoded(picture, "BMP"),
        "good.gif": encoded(picture, "GIF"),
        "good.webp": encoded(picture, "WEBP"),
        "palette.png": encoded(picture.quantize(8), "PNG", transparency=2),
        "text.jpg": b"no image",
        "transparent.png": encoded(seen_through, "PNG"),
        "turned.jpg": encoded(picture, "JPEG", exif=exif),
    }


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_odd_and_broken_files_are_told_alike(command, finished, exported, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name, contents in odd_photographs().items():
        (photos / name).write_bytes(contents)
    told = []
    for number, words in enumerate(
        (("--run", finished.folder), ("--saved-model", exported("savedmodel")))
    ):
        table = tmp_path / f"{number}.csv"
        done = command("predict", photos, *words, "--csv", table)
        assert done.code == 0
        rows = [line.split(",") for line in table.read_text().splitlines()[1:]]
        left_out = done.err[done.err.index("Left out") :]
        told.append(({row[0]: row[1:] for row in rows}, left_out))
    (by_run, left_out), (by_export, left_out_too) = told
    assert left_out == left_out_too
    assert left_out.count("Left out") == 4
    assert by_run.keys() == by_export.keys()
    for name, cells in by_run.items():
        of_run = by_name(cells[::2], cells[1::2])
        of_export = by_name(by_export[name][::2], by_export[name][1::2])
        assert of_export == pytest.approx(of_run, abs=1e-5)
    answers = {json.dumps(cells) for cells in by_run.values()}
    assert len(answers) == len(by_run)  # so that a mistake would show


def test_several_labels_are_told_alike(command, several_labels, pictures, tmp_path):
    assert (
        command(
            *("export", "--run", several_labels, "--to", tmp_path / "1"),
            *("--images", pictures / "red"),
        ).code
        == 0
    )
    shown, tables = [], []
    for words in (("--run", several_labels), ("--saved-model", tmp_path / "1")):
        table = tmp_path / "answers.csv"
        done = command(
            *("predict", pictures / "red", *words, "--top", "1", "--csv", table)
        )
        assert done.code == 0
        shown.append(done.out)
        tables.append(table.read_text())
    assert shown[0] == shown[1]
    assert "blue 90.0%   green 60.0%\n" in shown[0]
    assert tables[0] == tables[1]


def test_a_server_that_dies_half_way_leaves_what_it_answered(
    command, exported, pictures, photo, tmp_path, monkeypatch
):
    known = Local(exported("savedmodel"))
    asked = iter(range(100))

    def ask(self, contents):
        if next(asked) < 2:
            return known(contents)
        raise InputError("The server is gone.")

    monkeypatch.setattr("bit_keras.export.client.Rest.__call__", ask)
    monkeypatch.setattr("bit_keras.export.client.AT_A_TIME", 1)
    table = tmp_path / "answers.csv"
    done = command(
        *("predict", pictures / "green", "--server", "http://a:1", "--csv", table)
    )
    assert done.code == 2
    assert done.last_words == "Error: The server is gone."
    assert len(table.read_text().splitlines()) == 3
    assert done.out.count("green/") == 2
