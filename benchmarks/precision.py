"""What bfloat16 changes in the answers of runs, on their test images."""

import argparse

from bit_keras.commands.shared import import_tensorflow


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.precision", description=__doc__
    )
    parser.add_argument("runs", nargs="+", metavar="RUN", help="run folders")
    args = parser.parse_args()
    import_tensorflow()
    for folder in args.runs:
        found, labels = answers(folder)
        right = [(classes == labels).mean() for classes in found]
        differ = (found[0] != found[1]).sum()
        print(
            f"{folder}: top-1 {right[0]:.2%} in float32, {right[1]:.2%} in bfloat16; "
            f"{differ} of {len(labels)} images get another class"
        )


def answers(folder):
    """Gives the classes in float32 and bfloat16, and the labels, of the test images."""
    from bit_keras.data import evaluation_batches
    from bit_keras.evaluation.running import classify
    from bit_keras.models import for_inference
    from bit_keras.training.run_folder import open_run
    from bit_keras.training.tasks import data_of
    from bit_keras.training.trained import open_trained

    trained = open_trained(run=folder)
    batches = evaluation_batches(
        data_of(open_run(folder), None).part("test"),
        trained.preprocessing,
        len(trained.class_names),
    )
    found = [
        classify(for_inference(trained.model, dtype), batches)
        for dtype in ("float32", "mixed_bfloat16")
    ]
    return [predictions.predicted for predictions in found], found[0].labels


if __name__ == "__main__":
    main()
