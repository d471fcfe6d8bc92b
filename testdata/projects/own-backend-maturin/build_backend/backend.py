"""Builds with maturin, and asks for one thing more."""

from maturin import *  # noqa: F403
from maturin import get_requires_for_build_wheel as _requires


def get_requires_for_build_wheel(config_settings=None):
    return _requires(config_settings) + ["cffi>=1.15"]
