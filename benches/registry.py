"""A crate registry on the loopback interface, made from .crate files.

Its index has what `cargo vendor` asks for: dependencies and features, taken
from the manifests in the crates.
"""
import hashlib
import http.server
import io
import json
import pathlib
import tarfile
import threading
import time
import tomllib


def index_path(name):
    name = name.lower()
    if len(name) <= 2:
        return f"{len(name)}/{name}"
    return f"3/{name[0]}/{name}" if len(name) == 3 else f"{name[:2]}/{name[2:4]}/{name}"


def dependencies(manifest):
    """The `deps` of an index line; see the Cargo Reference, "Index Format"."""
    tables = [(None, manifest)] + list(manifest.get("target", {}).items())
    for target, table in tables:
        for kind in ("normal", "build", "dev"):
            key = "dependencies" if kind == "normal" else f"{kind}-dependencies"
            for name, value in table.get(key, {}).items():
                value = {"version": value} if isinstance(value, str) else value
                entry = {
                    "name": name,
                    "req": value.get("version", "*"),
                    "features": value.get("features", []),
                    "optional": value.get("optional", False),
                    "default_features": value.get("default-features", value.get("default_features", True)),
                    "target": target,
                    "kind": kind,
                }
                if "package" in value:
                    entry["package"] = value["package"]
                yield entry


def index_line(data):
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        member = next(m for m in archive if m.name.count("/") == 1 and m.name.endswith("/Cargo.toml"))
        manifest = tomllib.loads(archive.extractfile(member).read().decode())
    package = manifest["package"]
    line = {
        "name": package["name"],
        "vers": package["version"],
        "deps": list(dependencies(manifest)),
        "cksum": hashlib.sha256(data).hexdigest(),
        "features": {},
        "features2": manifest.get("features", {}),
        "links": package.get("links"),
        "yanked": False,
        "v": 2,
    }
    return package["name"], package["version"], json.dumps(line) + "\n"


class Registry:
    """Serves crates, `delay` seconds after each was asked for. A body is bytes, or the path of a file."""

    def __init__(self, crates, delay=0.0):
        self.delay = delay
        self.bodies = {}
        for data in crates:
            name, version, line = index_line(data)
            path = f"/index/{index_path(name)}"
            self.bodies[path] = self.bodies.get(path, b"") + line.encode()
            self.bodies[f"/crates/{name}/{version}/download"] = data
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                time.sleep(registry.delay)
                body = registry.bodies.get(self.path)
                if isinstance(body, pathlib.Path):
                    body = body.read_bytes()
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.bodies["/index/config.json"] = json.dumps({"dl": f"{self.address}/crates"}).encode()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def configure(self, home):
        """Puts this in the place of crates.io for a `CARGO_HOME`."""
        home = pathlib.Path(home)
        home.mkdir(parents=True, exist_ok=True)
        (home / "config.toml").write_text(
            '[source.crates-io]\nreplace-with = "loopback"\n'
            f'[source.loopback]\nregistry = "sparse+{self.address}/index/"\n'
        )
