"""Unpack a wheel into a folder: install_wheel.py WHEEL FOLDER."""
import pathlib, sys, zipfile

wheel, to = sys.argv[1], pathlib.Path(sys.argv[2])
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        first, _, rest = name.partition("/")
        if first.endswith(".data"):
            kind, _, rest = rest.partition("/")
            if kind not in ("purelib", "platlib"):
                raise SystemExit(f"{name} isn't a module")
        else:
            rest = name
        if not rest.endswith("/"):
            path = to / rest
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(name))
