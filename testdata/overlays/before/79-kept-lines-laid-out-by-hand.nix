{ pkgs, lib, hacks }:
final: prev: {
  # pyhack: begin fast-pack 0.0.9
  # pyhack: from {"path":"project"}
  # pyhack: made source=1 lock=2 build=3 rules=4 text=?
  fast-pack = (hacks.importCargoLock {
    prev = prev.fast-pack;
    cargoRoot = "rust";
  }).overrideAttrs (old: {
    nativeBuildInputs = old.nativeBuildInputs ++ final.resolveBuildSystem { setuptools-rust = [ ]; };
    MY_FLAG = "1"; # pyhack: keep
  });
  # pyhack: end fast-pack
}
