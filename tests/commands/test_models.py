import pytest

from bit_keras import families
from bit_keras.weights import catalogue


def test_every_network_is_listed_with_its_size(command):
    done = command("models")
    lines = [line.split() for line in done.out.splitlines()]
    assert [line[0] for line in lines[1:-1]] == families.names()
    # 25,549,352 parameters with 1000 classes, as in the paper's public files.
    assert ["bit_r50x1", "23,500,352", "25,549,352", "4.09", "G", "31.3"] in lines


def test_pretraining_takes_what_the_paper_counts(command):
    # 224 exaFLOPs for 7 epochs of 303 million images (table 6 of the ViT paper).
    found = command("models").out.split("vit_b16")[1].split()[4]
    assert float(found) == pytest.approx(224 * 90 * 14.2 / (7 * 303), rel=0.003)


def test_the_work_grows_with_the_area_of_the_image(command):
    small, large = (
        float(command("models", "--size", size).out.split("bit_r50x1")[1].split()[2])
        for size in (224, 448)
    )
    assert 3.9 < large / small < 4.1


def test_networks_whose_patches_are_larger_than_the_image_are_listed_with_that(command):
    done = command("models", "--size", "8")
    lines = done.out.splitlines()[1:-1]
    assert [line.split()[0] for line in lines] == families.names()
    assert "smaller than a patch of 16 x 16" in done.out


def test_every_published_file_is_listed(command):
    done = command("models", "--weights")
    names = [line.split()[0] for line in done.out.splitlines()[1:]]
    assert names == list(catalogue())


def test_recommended_files_are_listed_from_the_fastest_on(command):
    done = command("models", "--recommended")
    rows = [line.split() for line in done.out.splitlines() if line.startswith("augreg")]
    assert len(rows) == 9
    assert all(name in catalogue() for name, *_ in rows)
    speeds = [int(row[2].replace(",", "")) for row in rows]
    assert speeds == sorted(speeds, reverse=True)


def test_files_that_an_index_recommends_are_listed(command, tmp_path):
    name = "S_16-i21k-300ep-lr_0.001-aug_light1-wd_0.03-do_0.0-sd_0.0"
    (tmp_path / "index.csv").write_text(
        "ds,filename,final_val,adapt_resolution,infer_samples_per_sec\n"
        f"i21k,{name},0.4567,384,1300.2\n"
    )
    done = command("models", "--recommended", tmp_path / "index.csv")
    line = done.out.splitlines()[1].split()
    assert line == [
        f"augreg/{name}",
        *("vit_s16", "21,665,664", "1,300", "384", "0.4567"),
    ]


def test_a_speed_that_an_index_does_not_tell_is_a_dash(command, tmp_path):
    name = "S_16-i21k-300ep-lr_0.001-aug_light1-wd_0.03-do_0.0-sd_0.0"
    (tmp_path / "index.csv").write_text(
        "ds,filename,final_val,adapt_resolution,infer_samples_per_sec\n"
        f"i21k,{name},0.4567,,\n"
    )
    done = command("models", "--recommended", tmp_path / "index.csv")
    assert done.out.splitlines()[1].split()[3:] == ["-", "-", "0.4567"]


def test_a_table_of_something_else_is_refused(refused, tmp_path):
    (tmp_path / "photos.csv").write_text("path,label\n")
    words = "has no columns ds, filename, final_val"
    assert words in refused("models", "--recommended", tmp_path / "photos.csv")


def test_an_image_without_pixels_is_refused(refused):
    assert "--size must be above 0" in refused("models", "--size", "0")
