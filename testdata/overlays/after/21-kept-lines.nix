{ pkgs, hacks, ... }:
final: prev: {
  # pyhack: begin fast-pack 0.1.0
  # pyhack: from {"path":"project"}
  # pyhack: made now
  fast-pack =
    (hacks.importCargoLock {
      prev = prev.fast-pack;
      unpackDerivationArgs.postUnpack = "true"; # pyhack: keep
      cargoRoot = "src/rust";
    }).overrideAttrs
      (old: {
        dontStrip = true; # pyhack: keep
        buildInputs = (old.buildInputs or [ ]) ++ [
          pkgs.openssl # openssl > openssl-sys 0.9.118
        ];
        # Ours. # pyhack: keep
        doCheck = false; # pyhack: keep
      });
  # pyhack: end fast-pack
}
