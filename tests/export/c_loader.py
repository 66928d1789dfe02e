"""Asks a SavedModel through TensorFlow's C API, the loader of TensorFlow Serving.

Usage: python c_loader.py FOLDER INPUT:0 OUTPUT:0 FILE…
Prints the float rows of the output, as JSON. Neither TensorFlow's Python nor Keras is
imported.
"""

import ctypes
import importlib.util
import json
import pathlib
import sys

STRING = 7  # TF_STRING
STRING_BYTES = 24  # sizeof(TF_TString)


class Output(ctypes.Structure):
    _fields_ = [("operation", ctypes.c_void_p), ("index", ctypes.c_int)]


def library():
    folder = pathlib.Path(importlib.util.find_spec("tensorflow").origin).parent
    ctypes.CDLL(folder / "libtensorflow_framework.so.2", ctypes.RTLD_GLOBAL)
    tensorflow = ctypes.CDLL(folder / "libtensorflow_cc.so.2")
    for name in (
        "TF_NewStatus",
        "TF_NewGraph",
        "TF_NewSessionOptions",
        "TF_LoadSessionFromSavedModel",
        "TF_GraphOperationByName",
        "TF_AllocateTensor",
        "TF_TensorData",
    ):
        getattr(tensorflow, name).restype = ctypes.c_void_p
    tensorflow.TF_Message.restype = ctypes.c_char_p
    tensorflow.TF_TensorByteSize.restype = ctypes.c_size_t
    tensorflow.TF_Dim.restype = ctypes.c_int64
    return tensorflow


def pointer(value):
    return ctypes.c_void_p(value)


def ask(folder, input_name, output_name, files):
    tensorflow = library()
    status = pointer(tensorflow.TF_NewStatus())
    graph = pointer(tensorflow.TF_NewGraph())
    options = pointer(tensorflow.TF_NewSessionOptions())
    tags = (ctypes.c_char_p * 1)(b"serve")

    def require_success():
        if tensorflow.TF_GetCode(status):
            sys.exit(tensorflow.TF_Message(status).decode())

    def end_of(name):
        operation, index = name.split(":")
        found = tensorflow.TF_GraphOperationByName(graph, operation.encode())
        return (Output * 1)(Output(found, int(index)))

    session = tensorflow.TF_LoadSessionFromSavedModel(
        options, None, folder.encode(), tags, 1, graph, None, status
    )
    require_success()
    given = (ctypes.c_void_p * 1)(strings(tensorflow, files))
    answer = (ctypes.c_void_p * 1)()
    tensorflow.TF_SessionRun(
        *(pointer(session), None),
        *(end_of(input_name), given, 1),
        *(end_of(output_name), answer, 1),
        *(None, 0, None, status),
    )
    require_success()
    return rows_of(tensorflow, pointer(answer[0]))


def strings(tensorflow, contents):
    shape = (ctypes.c_int64 * 1)(len(contents))
    size = ctypes.c_size_t(STRING_BYTES * len(contents))
    tensor = tensorflow.TF_AllocateTensor(STRING, shape, 1, size)
    start = tensorflow.TF_TensorData(pointer(tensor))
    for number, content in enumerate(contents):
        place = pointer(start + STRING_BYTES * number)
        tensorflow.TF_StringInit(place)
        tensorflow.TF_StringCopy(place, content, ctypes.c_size_t(len(content)))
    return tensor


def rows_of(tensorflow, tensor):
    rows, columns = (tensorflow.TF_Dim(tensor, axis) for axis in range(2))
    start = tensorflow.TF_TensorData(tensor)
    values = list((ctypes.c_float * (rows * columns)).from_address(start))
    return [values[row * columns : (row + 1) * columns] for row in range(rows)]


if __name__ == "__main__":
    folder, input_name, output_name, *paths = sys.argv[1:]
    contents = [pathlib.Path(path).read_bytes() for path in paths]
    rows = ask(folder, input_name, output_name, contents)
    imported = {"tensorflow", "keras", "bit_keras"} & sys.modules.keys()
    print(json.dumps({"rows": rows, "imported": sorted(imported)}))
