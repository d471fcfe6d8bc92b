"""Make a virtual environment of packages: make_environment.py FOLDER PACKAGE..."""
import pathlib, sys, venv

to = pathlib.Path(sys.argv[1])
venv.create(to, symlinks=True)
[modules] = to.glob("lib/python3*/site-packages")
for package in sys.argv[2:]:
    site = pathlib.Path(package) / "site-packages"
    for path in sorted(site.rglob("*")):
        if path.is_dir():
            continue
        link = modules / path.relative_to(site)
        if link.exists() and link.read_bytes() != path.read_bytes():
            raise SystemExit(f"{link} comes from two packages: {path} and {link.resolve()}")
        if not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
