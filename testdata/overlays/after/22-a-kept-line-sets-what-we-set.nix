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
        buildInputs = [ pkgs.openssl_3 ]; # pyhack: keep
        # Ours. # pyhack: keep
        doCheck = false; # pyhack: keep
      });
  # pyhack: end fast-pack
}
