{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"project"}
  # pyhack: made source=0d63c618e9e86823 lock=1598d7380fad69cc build=048cd03e5002391d rules=a5bbd3676356d80a text=ead9a75c61110d30
  fast-pack =
    (hacks.importCargoLock {
      prev = prev.fast-pack;
      cargoRoot = "rust";
    }).overrideAttrs
      (old: {
        buildInputs = (old.buildInputs or [ ]) ++ [
          pkgs.openssl # openssl-sys 0.9.109
        ];
      });
  # pyhack: end fast-pack
}
