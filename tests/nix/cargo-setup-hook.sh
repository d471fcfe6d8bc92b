# Lays the crates beside the source, has cargo take them, and makes sure that
# they are those of the source's own lock.
cargoSetupAfterUnpacking() {
    cp -Lr -- "$cargoDeps" cargo-vendor-dir
    chmod -R u+w cargo-vendor-dir
    mkdir -p .cargo
    cat cargo-vendor-dir/.cargo/config.toml >> .cargo/config.toml
}

cargoSetupAfterPatching() {
    if ! cmp -- "${cargoRoot:-.}/Cargo.lock" "$cargoDeps/Cargo.lock"; then
        echo "the source's ${cargoRoot:-.}/Cargo.lock isn't the one that crates were taken from" >&2
        exit 1
    fi
}

postUnpackHooks+=(cargoSetupAfterUnpacking)
postPatchHooks+=(cargoSetupAfterPatching)
