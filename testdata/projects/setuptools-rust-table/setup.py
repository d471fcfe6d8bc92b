from setuptools import setup
from setuptools_rust import RustExtension

# The table of pyproject.toml stands in for this.
setup(rust_extensions=[RustExtension("demo._c", "crates/c/Cargo.toml")])
