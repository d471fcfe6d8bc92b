# `hacks.importCargoLock`. The `importer` "old" is that of before June 2026,
# whose `lockFile` is looked up in the source whatever it is.
{
  importer,
  cargo,
  lib,
  pkg-config,
  rustPlatform,
  rustc,
  stdenv,
}:
let
  ownCargo = cargo;
  ownRustc = rustc;
  ownPkgConfig = pkg-config;
in
{
  importCargoLock =
    {
      prev,
      cargoRoot ? ".",
      lockFile ? "${cargoRoot}/Cargo.lock",
      importCargoLockArgs ? { },
      doUnpack ? !(builtins.isPath prev.src),
      unpackDerivationArgs ? { },
      cargo ? ownCargo,
      rustc ? ownRustc,
      pkg-config ? ownPkgConfig,
    }:
    let
      unpacked = stdenv.mkDerivation (
        {
          name = "${prev.src.name}-unpacked";
          inherit (prev) src;
          installPhase = "cp -r . \"$out\"";
        }
        // unpackDerivationArgs
      );
      src = if doUnpack then unpacked else prev.src;
      isWhole = builtins.isPath lockFile || lib.hasPrefix "/" lockFile;
      lock =
        if !isWhole then
          "${src}/${lockFile}"
        else if importer == "new" then
          lockFile
        else
          throw "this `importCargoLock` looks for `lockFile` in the source";
    in
    if prev.passthru.format or null == "wheel" then
      throw "${prev.name} is a wheel, which has no Rust to build"
    else
      prev.overrideAttrs (old: {
        inherit cargoRoot src;
        cargoDeps = rustPlatform.importCargoLock ({ lockFile = lock; } // importCargoLockArgs);
        nativeBuildInputs = (old.nativeBuildInputs or [ ]) ++ [
          rustPlatform.cargoSetupHook
          pkg-config
          cargo
          rustc
        ];
      });
}
