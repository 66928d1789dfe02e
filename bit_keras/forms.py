"""What `--dataset` takes, for messages; imports nothing."""

FORMS = (
    "a folder with one sub-folder of images per class",
    "a folder with train/ and test/ (or val/), each with one sub-folder per class",
    "a .csv file with the columns path,label[,split]; with --multi-label, labels as "
    "cat;dog",
    "an .npz file with the arrays x_train, y_train[, x_test, y_test]; with "
    "--multi-label, y_train of 0 and 1 for every class",
    'the name of a TensorFlow Datasets set ("tfds:NAME" where a path has that name)',
    "digits: scikit-learn's 1,797 handwritten digits, which need no network",
)
