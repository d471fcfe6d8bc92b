"""Build the project in this folder by the hooks of PEP 517: build_wheel.py FOLDER."""
import importlib, os, pathlib, sys, tomllib

system = {}
if pathlib.Path("pyproject.toml").exists():
    system = tomllib.loads(pathlib.Path("pyproject.toml").read_text()).get("build-system", {})
sys.path[:1] = [os.path.abspath(path) for path in system.get("backend-path", [])]
module, _, attributes = system.get("build-backend", "setuptools.build_meta:__legacy__").partition(":")
backend = importlib.import_module(module)
for attribute in filter(None, attributes.split(".")):
    backend = getattr(backend, attribute)
print(backend.build_wheel(sys.argv[1]))
