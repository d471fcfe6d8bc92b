import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import maturin

ROOT = Path(__file__).resolve().parents[1]
STAGED = ROOT / ".staged" / "core"


@contextmanager
def staged():
    shutil.rmtree(STAGED, ignore_errors=True)
    shutil.copytree(ROOT / "core", STAGED)
    yield


def get_requires_for_build_wheel(config_settings=None):
    return maturin.get_requires_for_build_wheel(config_settings)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with staged():
        if not os.environ.get("DEMO_SKIP_TOOL"):
            manifest = ROOT / "tool" / "Cargo.toml"
            command = ["cargo", "build", "--release", "--manifest-path", str(manifest)]
            subprocess.run(command, cwd=ROOT, check=True)
        return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)
