{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"project","source":"registry","generate-lock":true}
  # pyhack: made source=100f227b316a402a lock=6cca6b7f321b429f build=048cd03e5002391d rules=a5bbd3676356d80a text=13d9e85b76d29683 beside=fast-pack.lock
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
          postPatch = "${old.postPatch or ""}\ninstall -m 644 ${./fast-pack.lock} rust/Cargo.lock\n";
          nativeBuildInputs =
            old.nativeBuildInputs
            ++ final.resolveBuildSystem {
              maturin = [ ];
            };
        })
    else
      prev.fast-pack or null;
  # pyhack: end fast-pack
}
