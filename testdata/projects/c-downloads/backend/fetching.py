import subprocess
import urllib.request


def build_wheel(folder, settings=None, metadata=None):
    subprocess.check_call(["git", "clone", "https://example.org/library"])
    with urllib.request.urlopen("https://example.org/demo.whl") as answer:
        return answer.read()
