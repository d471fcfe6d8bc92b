import sys

from setuptools import Extension, setup

libraries = ["z", "m"]
if sys.platform == "linux":
    libraries.append("asound")
elif sys.platform == "win32":
    libraries.append("winmm")

setup(
    ext_modules=[
        Extension("demo._a", ["a.c"], libraries=libraries),
        Extension("demo._b", ["b.i"], libraries=["frobnicate"]),
        Extension("demo._c", ["c.c"]),
    ],
)
