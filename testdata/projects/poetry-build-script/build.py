import subprocess


def build():
    subprocess.run(["cargo", "metadata"], check=True)
    subprocess.run(
        ["maturin", "develop", "--manifest-path", "rust/Cargo.toml", "--features", "fast"],
        check=True,
    )


if __name__ == "__main__":
    build()
