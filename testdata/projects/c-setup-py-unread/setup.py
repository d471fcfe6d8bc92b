from setuptools import Extension, setup

setup(ext_modules=[Extension("demo._a", ["a.c"], libraries=probe())])
