{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"../fast_pack-1.2.0.tar.gz","no-ifd":true}
  # pyhack: made source=9e686008a46f4333 lock=8ba4cd476ac57297 build=88bf0564bcdffe5b rules=a5bbd3676356d80a text=32299c219ef06f0d beside=fast-pack.lock
  fast-pack =
    if prev ? fast-pack && (prev.fast-pack.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.fast-pack;
        cargoRoot = "rust";
        doUnpack = false;
        importCargoLockArgs = {
          lockFile = ./fast-pack.lock;
        };
      }).overrideAttrs
        (old: {
          nativeBuildInputs =
            old.nativeBuildInputs
            ++ final.resolveBuildSystem {
              cffi = [ ];
              maturin = [ ];
            };
          buildInputs = (old.buildInputs or [ ]) ++ [
            pkgs.openssl # openssl-sys 0.9.109
          ];
        })
    else
      prev.fast-pack or null;
  # pyhack: end fast-pack
}
