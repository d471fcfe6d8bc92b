from setuptools import Extension, setup

setup(ext_modules=[Extension("demo._ffi", ["ffi.c"], libraries=["ssl", "crypto"])])
