{ lib, rustPlatform }:
let
  manifest = (lib.importTOML ../../Cargo.toml).package;
in
rustPlatform.buildRustPackage {
  pname = manifest.name;
  inherit (manifest) version;

  src = lib.fileset.toSource {
    root = ../..;
    fileset = lib.fileset.unions [
      ../../Cargo.lock
      ../../Cargo.toml
      ../../README.md
      ../../data
      ../../docs
      ../../packaging/wheel
      ../../src
      # Unit tests read these.
      ../../testdata
    ];
  };

  cargoLock.lockFile = ../../Cargo.lock;

  # The integration tests run cargo, git and Nix.
  cargoTestFlags = [ "--lib" ];

  # Man pages and completions. They are kept in the source, so this works for
  # cross-compiled programs, too.
  postInstall = ''
    mkdir -p $out/share
    cp -r packaging/wheel/data/share/. $out/share
  '';

  meta = {
    inherit (manifest) description homepage;
    license = [
      lib.licenses.mit
      lib.licenses.asl20
    ];
    mainProgram = "cargo-pyhack";
    platforms = lib.platforms.linux ++ lib.platforms.darwin;
  };
}
