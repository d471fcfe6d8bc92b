from setuptools import setup
from setuptools_rust import RustExtension

from build_helpers import where

setup(
    rust_extensions=[
        RustExtension("demo._demo", path=f"{where()}/Cargo.toml"),
    ],
    setup_requires=["cffi"] + where("more"),
)
