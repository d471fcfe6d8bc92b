"""What the scripts that attack cargo-pyhack share: writers of archives, and a run that is measured."""
import hashlib, os, pathlib, signal, struct, subprocess, threading, time, zlib

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"
MIB = 1 << 20

# Archives. They are written piece by piece: some unpack to gigabytes.


class Gzip:
    def __init__(self, path):
        self.file, self.pack = open(path, "wb"), zlib.compressobj(1, wbits=31)

    def write(self, data):
        self.file.write(self.pack.compress(data))

    def zeros(self, count):
        block = bytes(MIB)
        for _ in range(count // MIB):
            self.write(block)
        self.write(bytes(count % MIB))

    def close(self):
        self.file.write(self.pack.flush())
        self.file.close()


def encoded(text):
    return text if isinstance(text, bytes) else text.encode()


def header(name, size=0, kind=b"0", link="", mode=0o644, size_field=None, magic=b"ustar  \0", rest=b""):
    """The header of a tar's member. `rest` are the 167 bytes behind the device
    numbers: in ustar a prefix of the name, in GNU's format times and sparse blocks."""
    octal = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    raw = struct.pack(
        "100s8s8s8s12s12s8s1s100s8s32s32s8s8s167s",
        encoded(name)[:100], b"%07o\0" % mode, b"0000000\0", b"0000000\0", size_field or octal,
        b"00000000000\0", b" " * 8, kind, encoded(link), magic, b"", b"", b"", b"", rest,
    )
    return checked(raw)


def checked(raw):
    """A header with its checksum."""
    raw = raw[:148] + b" " * 8 + raw[156:]
    return raw[:148] + b"%06o\0 " % sum(raw) + raw[156:]


def padded(data):
    return data + bytes(-len(data) % 512)


def member(name, data=b"", kind=b"0", link="", mode=0o644):
    return header(name, len(data), kind, link, mode) + padded(data)


def pax(records, kind=b"x"):
    text = b""
    for key, value in records.items():
        rest = b" %s=%s\n" % (encoded(key), encoded(value))
        length = len(rest) + len(str(len(rest) + len(str(len(rest)))))
        text += str(length).encode() + rest
    return member("pax", text, kind)


def tar_gz(path, *parts):
    out = Gzip(path)
    for part in parts:
        part(out) if callable(part) else out.write(part)
    out.write(bytes(1024))
    out.close()
    return path


PYPROJECT = b'[build-system]\nrequires = ["maturin"]\nbuild-backend = "maturin"\n[project]\nname = "a"\nversion = "1.0"\n'
MANIFEST = b'[package]\nname = "a"\nversion = "0.1.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n'
LOCK = b'version = 4\n\n[[package]]\nname = "a"\nversion = "0.1.0"\n'
FILES = {"pyproject.toml": PYPROJECT, "Cargo.toml": MANIFEST, "Cargo.lock": LOCK, "src/lib.rs": b""}


def sdist(folder, *parts, files=FILES):
    members = [member(f"a-1.0/{name}", data) for name, data in files.items()]
    return tar_gz(folder / "a-1.0.tar.gz", *members, *parts)


def project(folder, files=FILES):
    for name, data in files.items():
        path = folder / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "project"


def crate_manifest(name):
    return f'[package]\nname = "{name}"\nversion = "1.0.0"\nedition = "2021"\n'.encode()


def with_crates(folder, crates):
    """A project whose lock has crates, which are in the home's cache of cargo: what
    follows the manifest in each, or the bytes of the whole archive."""
    cache = folder / "home/.cargo/registry/cache/index"
    cache.mkdir(parents=True)
    manifest, lock = MANIFEST + b"[dependencies]\n", b"version = 4\n\n"
    dependencies = []
    for name, parts in sorted(crates.items()):
        path = cache / f"{name}-1.0.0.crate"
        if isinstance(parts, bytes):
            path.write_bytes(parts)
        else:
            tar_gz(path, member(f"{name}-1.0.0/Cargo.toml", crate_manifest(name)), *parts)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        manifest += f'{name} = "1"\n'.encode()
        lock += f'[[package]]\nname = "{name}"\nversion = "1.0.0"\nsource = "{CRATES_IO}"\nchecksum = "{digest}"\n\n'.encode()
        dependencies.append(f' "{name}",\n')
    lock += f'[[package]]\nname = "a"\nversion = "0.1.0"\ndependencies = [\n{"".join(dependencies)}]\n'.encode()
    return project(folder, FILES | {"Cargo.toml": manifest, "Cargo.lock": lock})


def zeros_file(name, size):
    def write(out):
        out.write(header(name, size))
        out.zeros(size + -size % 512)

    return write


def measure(binary, command, folder, seconds, limit):
    """Runs a command in a folder, with an empty home. Returns its exit code, its MiB
    and its seconds; what it prints is in `stdout` and `stderr` in the folder."""
    (folder / "home/.cargo").mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder / "home"), "CARGO_HOME": str(folder / "home/.cargo"),
        "CARGO_PYHACK_CACHE_DIR": str(folder / "cache"), "CARGO_PYHACK_RETRY_SECONDS": "0.01",
    }
    for variable in ["RUSTUP_HOME", "RUSTUP_TOOLCHAIN"]:
        environment |= {variable: os.environ[variable]} if variable in os.environ else {}
    environment.setdefault("RUSTUP_HOME", str(pathlib.Path.home() / ".rustup"))
    begun = time.monotonic()
    with open(folder / "stderr", "wb") as error, open(folder / "stdout", "wb") as out:
        # `time` is a process of its own: this one's memory would count, too.
        measured = ["/usr/bin/time", "-f", "%M", "-o", str(folder / "memory"), binary, *command]
        child = subprocess.Popen(measured, env=environment, cwd=folder, stdout=out, stderr=error, stdin=subprocess.DEVNULL, start_new_session=True)
        timer = threading.Timer(seconds, lambda: os.killpg(child.pid, signal.SIGKILL))
        timer.start()
        code = child.wait()
        timer.cancel()
    took = time.monotonic() - begun
    measured = (folder / "memory").read_text().split() if (folder / "memory").exists() else []
    # After a kill, nothing was measured.
    memory = int(measured[-1]) // 1024 if measured else limit + 1
    return code, memory, took
