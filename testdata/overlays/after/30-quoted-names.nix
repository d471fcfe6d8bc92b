{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  "a b" = 1;
  "fast_pack" = 2;
  ${"x" + "y"} = 3;
  a.fast-pack = 4;

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
