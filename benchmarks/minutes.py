"""What --minutes reaches beside the best of many runs, and the closed form alone."""

import argparse
import csv
import time
from pathlib import Path

from bit_keras.commands.shared import import_tensorflow

RATES = (0.001, 0.003, 0.01, 0.03, 0.1)
SIZES = (64, 128, 224)
BATCH_SIZE = 64
COLUMNS = ("data", "weights", "way", "size", "rate", "steps", "top1", "seconds")


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.minutes", description=__doc__
    )
    parser.add_argument("datasets", nargs="+", metavar="DATA")
    parser.add_argument("--weights", nargs="+", required=True, metavar="FILE")
    parser.add_argument("--network", default="bit_tiny", help="default: bit_tiny")
    parser.add_argument("--minutes", type=float, default=2.0, help="default: 2")
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument(
        "--output",
        default="runs/minutes",
        help="finished runs there are not made again",
    )
    args = parser.parse_args()
    import_tensorflow()
    from bit_keras.training import finetune

    print(",".join(COLUMNS), flush=True)
    for dataset in args.datasets:
        for weights in args.weights:
            for way, changed in ways(args, dataset):
                began = time.monotonic()
                name = "-".join([Path(dataset).stem, Path(weights).stem, way])
                run = finetune(
                    dataset,
                    model=args.network,
                    weights=weights,
                    output=Path(args.output) / name,
                    **changed,
                )
                write_row(args.output, dataset, weights, way, run, began)


def ways(args, dataset):
    """Yields (name, arguments of `finetune`) of each way to come to a classifier."""
    yield "closed form", {"recipe": "quick"}
    yield "minutes", {"minutes": args.minutes}
    for size in args.sizes:
        steps = steps_that_fit(args, dataset, size)
        for rate in args.rates:
            changes = {
                "resize": round(1.15 * size),
                "crop": size,
                "batch_size": BATCH_SIZE,
                "base_lr": rate,
                "schedule": "cosine",
                "decay_at": (),
                "warmup_steps": steps // 20,
                "head": "closed_form",
            }
            yield f"{size}px-{rate:g}", {"steps": steps, "changes": changes}


def steps_that_fit(args, dataset, size):
    """Gives the steps that a run of some minutes has time for, kept once measured."""
    from bit_keras.data import open_dataset
    from bit_keras.recipes import Recipe
    from bit_keras.recipes.time_limit import TRAINING_SHARE
    from bit_keras.training.timing import seconds_per_image

    path = Path(args.output) / f"steps-{Path(dataset).stem}-{size}.txt"
    if not path.exists():
        recipe = Recipe(resize=round(1.15 * size), crop=size, steps=1)
        each = seconds_per_image(recipe, open_dataset(dataset), args.network, size)
        fitting = TRAINING_SHARE * 60 * args.minutes / each / BATCH_SIZE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{fitting:.0f}")
    return int(path.read_text())


def write_row(output, dataset, weights, way, run, began):
    recipe = run.recipe
    row = (
        Path(dataset).stem,
        Path(weights).stem,
        way,
        recipe.crop,
        recipe.base_lr,
        recipe.steps,
        f"{run.metrics['top1']:.4f}",
        f"{time.monotonic() - began:.0f}",
    )
    with (Path(output) / "table.csv").open("a", newline="") as file:
        csv.writer(file).writerow(row)
    print(",".join(map(str, row)), flush=True)


if __name__ == "__main__":
    main()
