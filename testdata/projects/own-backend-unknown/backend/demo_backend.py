import os
import subprocess

import maturin
from maturin import *


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    subprocess.run(["./generate", os.environ["DEMO_LANGUAGE"]], check=True)
    subprocess.run(["cargo", "build", "--manifest-path", os.environ["DEMO_TOOL"]], check=True)
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)
