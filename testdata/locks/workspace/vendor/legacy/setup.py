from setuptools import setup

setup(name="legacy", version="0.9", py_modules=["legacy"])
