"""Lay crates out for cargo: vendor.py CRATES.json FOLDER."""
import json, pathlib, shutil, sys, tarfile, tomllib, urllib.parse


def text_of(value):
    """A TOML value, on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {text_of(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[ " + ", ".join(map(text_of, value)) + " ]"
    return json.dumps(value, ensure_ascii=False)


def manifest_of(tree, name):
    """Where a checkout has a crate."""
    for path in sorted(tree.rglob("Cargo.toml"), key=lambda path: (len(path.parts), path)):
        try:
            if tomllib.loads(path.read_text()).get("package", {}).get("name") == name:
                return path
        except (tomllib.TOMLDecodeError, UnicodeDecodeError):
            pass  # what tests of parsers consist of
    raise SystemExit(f"{tree} has no crate {name}")


def inherited(value, shared):
    """A value with what the workspace has in the place of `workspace = true`."""
    if not isinstance(value, dict) or value.get("workspace") is not True:
        return value
    if not isinstance(shared, dict):
        shared = {"version": shared} if len(value) > 1 else shared
    if not isinstance(shared, dict):
        return shared
    own = {key: each for key, each in value.items() if key != "workspace"}
    merged = {**shared, **own}
    if "features" in shared and "features" in own:
        merged["features"] = shared["features"] + own["features"]
    return merged


def with_workspace(manifest, workspace):
    package, shared = manifest["package"], workspace.get("package", {})
    for key, value in package.items():
        package[key] = inherited(value, shared.get(key))
    for table in [manifest, *manifest.get("target", {}).values()]:
        for kind in ("dependencies", "dev-dependencies", "build-dependencies"):
            for name, value in table.get(kind, {}).items():
                value = inherited(value, workspace.get("dependencies", {}).get(name))
                table[kind][name] = {"version": value} if isinstance(value, str) else value
    if manifest.get("lints", {}).get("workspace"):
        manifest["lints"] = workspace.get("lints", {})
    return manifest


def put_git_crate(crate, folder):
    tree = pathlib.Path(crate["tree"])
    path = manifest_of(tree, crate["name"])
    shutil.copytree(path.parent, folder, symlinks=True)
    for part in [folder, *folder.rglob("*")]:
        if not part.is_symlink():
            part.chmod(part.stat().st_mode | 0o200)
    manifest, workspace = tomllib.loads(path.read_text()), {}
    for above in path.parents:
        root = above / "Cargo.toml"
        if root.exists() and "workspace" in (parsed := tomllib.loads(root.read_text())):
            workspace = parsed["workspace"]
            break
        if above == tree:
            break
    if "true" in path.read_text() and workspace:
        manifest = with_workspace(manifest, workspace)
        lines = [f"{json.dumps(key)} = {text_of(value)}\n" for key, value in manifest.items() if key != "workspace"]
        (folder / "Cargo.toml").write_text("".join(lines))
    checksum = {"files": {}, "package": None}
    (folder / ".cargo-checksum.json").write_text(json.dumps(checksum))


def put_registry_crate(crate, folder):
    with tarfile.open(crate["file"]) as archive:
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder.parent, **safely)
    checksum = {"files": {}, "package": crate["checksum"]}
    (folder / ".cargo-checksum.json").write_text(json.dumps(checksum))


def main():
    crates, to = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])
    config = {
        "crates-io": {"replace-with": "vendored-sources"},
        "vendored-sources": {"directory": "cargo-vendor-dir"},
    }
    to.mkdir()
    for crate in crates:
        folder = to / f"{crate['name']}-{crate['version']}"
        if "tree" not in crate:
            put_registry_crate(crate, folder)
            continue
        put_git_crate(crate, folder)
        source, key = {"git": crate["url"], "replace-with": "vendored-sources"}, crate["url"]
        if crate["selector"]:
            value = urllib.parse.unquote(crate["value"]) if crate["isEncoded"] else crate["value"]
            source[crate["selector"]] = value
            key += f"?{crate['selector']}={value}"
        config[key] = source
    (to / ".cargo").mkdir()
    lines = [f"source.{json.dumps(key)} = {text_of(value)}\n" for key, value in config.items()]
    (to / ".cargo/config.toml").write_text("".join(lines))


main()
