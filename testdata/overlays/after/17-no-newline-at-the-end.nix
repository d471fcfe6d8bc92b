{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  a = 1;

  # pyhack: begin fast-pack 0.1.0
  # pyhack: from {"path":"project"}
  # pyhack: made now
  fast-pack =
    (hacks.importCargoLock {
      prev = prev.fast-pack;
      cargoRoot = "src/rust";
    }).overrideAttrs
      (old: {
        buildInputs = (old.buildInputs or [ ]) ++ [
          pkgs.openssl # openssl > openssl-sys 0.9.118
        ];
      });
  # pyhack: end fast-pack
}