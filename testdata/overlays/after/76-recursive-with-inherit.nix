{ sources }:
let
  nixpkgs = import sources.nixpkgs { };
  inherit (nixpkgs) lib callPackage;
  hacks' = callPackage (sources.pyproject-nix + "/build/hacks") { };
in
final: prev:
lib.fix (self: { })
// rec {
  inherit (prev) six;
  seven = six;

  # pyhack: begin fast-pack 0.1.0
  # pyhack: from {"path":"project"}
  # pyhack: made now
  fast-pack =
    (hacks'.importCargoLock {
      prev = prev.fast-pack;
      cargoRoot = "src/rust";
    }).overrideAttrs
      (old: {
        buildInputs = (old.buildInputs or [ ]) ++ [
          nixpkgs.openssl # openssl > openssl-sys 0.9.118
        ];
      });
  # pyhack: end fast-pack
}
