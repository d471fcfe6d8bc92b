{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"fast_pack-1.2.0.tar.gz","source":"url"}
  # pyhack: made source=9e686008a46f4333 lock=e3b0c44298fc1c14 build=88bf0564bcdffe5b rules=a5bbd3676356d80a text=12bdbc82881a2afb
  fast-pack =
    if prev ? fast-pack && (prev.fast-pack.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.fast-pack;
        cargoRoot = "rust";
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
