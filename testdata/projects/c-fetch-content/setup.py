import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class CMakeBuild(build_ext):
    def build_extension(self, ext):
        subprocess.check_call(["cmake", "../native"])
        subprocess.check_call(["cmake", "--build", "."])


setup(ext_modules=[Extension("demo._a", [])], cmdclass={"build_ext": CMakeBuild})
