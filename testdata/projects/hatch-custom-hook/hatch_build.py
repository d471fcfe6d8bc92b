import subprocess

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CargoHook(BuildHookInterface):
    def initialize(self, version, build_data):
        subprocess.check_call(["cargo", "build", "--release", "--locked"], cwd="rust")
