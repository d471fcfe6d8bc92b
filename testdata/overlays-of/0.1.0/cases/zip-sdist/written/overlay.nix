{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"fast_pack-1.2.0.zip","python":"3.12","platforms":["x86_64-darwin","x86_64-linux"],"comments":false}
  # pyhack: made source=3d1f59cc131318bc lock=e3b0c44298fc1c14 build=84401b004bf00bba rules=a5bbd3676356d80a text=258783df44d5e044
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
          buildInputs = (old.buildInputs or [ ]) ++ [ pkgs.openssl ];
        })
    else
      prev.fast-pack or null;
  # pyhack: end fast-pack
}
