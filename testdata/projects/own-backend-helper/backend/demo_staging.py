import subprocess


def stage(target):
    subprocess.check_call(["cp", "-r", "core/.", ".staged"])
