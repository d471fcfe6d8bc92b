{ pkgs, pyproject-nix, python }:
let
  buildHacks = pkgs.callPackage pyproject-nix.build.hacks { };
  base = pkgs.callPackage pyproject-nix.build.packages { inherit python; };
  overlay = final: prev: {
    six = buildHacks.importCargoLock { prev = prev.six; };

    # pyhack: begin fast-pack 0.1.0
    # pyhack: from {"path":"project"}
    # pyhack: made now
    fast-pack =
      (buildHacks.importCargoLock {
        prev = prev.fast-pack;
        cargoRoot = "src/rust";
      }).overrideAttrs
        (old: {
          buildInputs = (old.buildInputs or [ ]) ++ [
            pkgs.openssl # openssl > openssl-sys 0.9.118
          ];
        });
    # pyhack: end fast-pack
  };
in
base.overrideScope overlay
