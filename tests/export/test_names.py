from bit_keras.export.names import FORMAT_NAMES
from bit_keras.export.writing import FORMATS


def test_the_command_line_names_every_format():
    assert list(FORMATS) == FORMAT_NAMES
