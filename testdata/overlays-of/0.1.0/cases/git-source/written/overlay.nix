{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"checkout/bindings/python","source":"git","subdirectory":"bindings/python"}
  # pyhack: made source=52fe28ac29cf135c lock=cdfd485ca2b4082c build=048cd03e5002391d rules=a5bbd3676356d80a text=d7bab5ce1edb7c2b
  fast-pack =
    if prev ? fast-pack && (prev.fast-pack.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.fast-pack;
        cargoRoot = "rust";
        lockFile = "bindings/python/rust/Cargo.lock";
        doUnpack = false;
      }).overrideAttrs
        (old: {
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
