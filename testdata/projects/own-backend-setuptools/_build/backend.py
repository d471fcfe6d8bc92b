import os
import platform
import shutil

from setuptools.build_meta import *  # noqa: F403

if os.getenv("DEMO_NO_RUST") or platform.python_implementation() == "PyPy":
    requires = []
else:
    requires = ["setuptools-rust"]


def get_requires_for_build_wheel(config_settings=None):
    if shutil.which("cargo") is None:
        return requires + ["puccinialin"]
    return requires
