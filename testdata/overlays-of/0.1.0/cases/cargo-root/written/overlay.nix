{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"project","source":"registry","cargo-root":"two","no-ifd":true}
  # pyhack: made source=81104293f6bb8be5 lock=f07c407e73855719 build=9f7f20e46fa928d1 rules=a5bbd3676356d80a text=a97750c438b3f448 beside=fast-pack-two.lock
  fast-pack =
    if prev ? fast-pack && (prev.fast-pack.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.fast-pack;
        cargoRoot = "two";
        doUnpack = false;
        importCargoLockArgs = {
          lockFile = ./fast-pack-two.lock;
        };
      }).overrideAttrs
        (old: {
          nativeBuildInputs =
            old.nativeBuildInputs
            ++ final.resolveBuildSystem {
              setuptools = [ ];
              setuptools-rust = [ "extra" ];
            };
        })
    else
      prev.fast-pack or null;
  # pyhack: end fast-pack
}
