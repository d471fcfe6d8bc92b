from setuptools_rust import RustExtension


def build(setup_kwargs):
    setup_kwargs.update(rust_extensions=[RustExtension("demo._demo", "rust/Cargo.toml")])
