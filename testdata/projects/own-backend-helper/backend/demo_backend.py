import os

import maturin
from maturin import *

from demo_staging import stage


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    stage(".staged")
    os.environ["MATURIN_PEP517_ARGS"] = "--locked --features 'fast native'"
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)
