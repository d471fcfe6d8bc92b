import os
import subprocess

from setuptools import Extension, setup

PKG_CONFIG = os.environ.get("PKG_CONFIG", "pkg-config")


def flags(option, *modules):
    return subprocess.check_output([PKG_CONFIG, option, *modules], text=True).split()


setup(
    ext_modules=[
        Extension("demo._a", ["a.c"], extra_link_args=flags("--libs", "libusb-1.0", "frobnicate-2.0")),
    ],
)
