import os
import platform
from pathlib import Path

from setuptools import setup
from setuptools_rust import Binding, RustExtension

ROOT = Path(__file__).resolve().parent
MODULES = {"_fast": "crates/fast", "_slow": "crates/slow"}


def extension(name, folder):
    return RustExtension(
        f"demo.{name}",
        path=str(ROOT / folder / "Cargo.toml"),
        binding=Binding.PyO3,
        features=["python"],
    )


kwargs = {"setup_requires": ["setuptools_rust>=1.5"]}
if os.environ.get("DEMO_PURE") or platform.python_implementation() == "PyPy":
    kwargs["rust_extensions"] = []
else:
    kwargs["rust_extensions"] = [extension(*item) for item in MODULES.items()]

setup(name="demo", version="0.1.0", **kwargs)
