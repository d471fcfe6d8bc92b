{ lib, nixpkgs, pyproject-nix, system }:
let
  p = nixpkgs.legacyPackages.${system};
  tools = p.callPackage pyproject-nix.build.hacks { };
in
self: super: {
  six = super.six;

  # pyhack: begin fast-pack 0.1.0
  # pyhack: from {"path":"project"}
  # pyhack: made now
  fast-pack =
    (tools.importCargoLock {
      prev = super.fast-pack;
      cargoRoot = "src/rust";
    }).overrideAttrs
      (old: {
        buildInputs = (old.buildInputs or [ ]) ++ [
          p.openssl # openssl > openssl-sys 0.9.118
        ];
      });
  # pyhack: end fast-pack
}
