# pyhack: lock {"lock":"uv.lock"} without=b395bb27
{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin by-git 0.1.0
  # pyhack: from {"lock":"uv.lock"}
  # pyhack: made source=d87a086ffd15b995 lock=e3b0c44298fc1c14 build=048cd03e5002391d rules=a5bbd3676356d80a text=d9c88a6623221ac7
  by-git =
    if prev ? by-git && (prev.by-git.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.by-git;
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
      prev.by-git or null;
  # pyhack: end by-git

  # pyhack: begin by-path 0.1.0
  # pyhack: from {"lock":"uv.lock"}
  # pyhack: made source=703a7680556b49cb lock=6cca6b7f321b429f build=048cd03e5002391d rules=a5bbd3676356d80a text=3eac8a87fd210a61 beside=by-path.lock
  by-path =
    if prev ? by-path && (prev.by-path.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.by-path;
        cargoRoot = "rust";
        doUnpack = false;
        importCargoLockArgs = {
          lockFile = ./by-path.lock;
        };
      }).overrideAttrs
        (old: {
          nativeBuildInputs =
            old.nativeBuildInputs
            ++ final.resolveBuildSystem {
              maturin = [ ];
            };
        })
    else
      prev.by-path or null;
  # pyhack: end by-path

  # pyhack: begin by-url 0.1.0
  # pyhack: from {"lock":"uv.lock"}
  # pyhack: made source=f869d960bb863d82 lock=e3b0c44298fc1c14 build=048cd03e5002391d rules=a5bbd3676356d80a text=7f37a0dfbb275064
  by-url =
    if prev ? by-url && (prev.by-url.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.by-url;
        cargoRoot = "rust";
        lockFile = "python/rust/Cargo.lock";
      }).overrideAttrs
        (old: {
          nativeBuildInputs =
            old.nativeBuildInputs
            ++ final.resolveBuildSystem {
              maturin = [ ];
            };
        })
    else
      prev.by-url or null;
  # pyhack: end by-url

  # pyhack: begin forked 1.0,2.0
  # pyhack: from {"lock":"uv.lock"}
  # pyhack: made source=92e2f2cea2e98d90 lock=e3b0c44298fc1c14 build=048cd03e5002391d rules=a5bbd3676356d80a text=e02f2f997b945881
  forked =
    if
      prev ? forked && (prev.forked.passthru.format or null) != "wheel" && prev.forked.version == "1.0"
    then
      (hacks.importCargoLock {
        prev = prev.forked;
        cargoRoot = "rust";
      }).overrideAttrs
        (old: {
          nativeBuildInputs =
            old.nativeBuildInputs
            ++ final.resolveBuildSystem {
              maturin = [ ];
            };
        })
    else if
      prev ? forked && (prev.forked.passthru.format or null) != "wheel" && prev.forked.version == "2.0"
    then
      (hacks.importCargoLock {
        prev = prev.forked;
        cargoRoot = "rust";
      }).overrideAttrs
        (old: {
          nativeBuildInputs =
            old.nativeBuildInputs
            ++ final.resolveBuildSystem {
              maturin = [ ];
            };
          buildInputs = (old.buildInputs or [ ]) ++ [
            pkgs.openssl # openssl-sys 0.9.109
          ];
        })
    else
      prev.forked or null;
  # pyhack: end forked

  # pyhack: begin in-registry 1.0
  # pyhack: from {"lock":"uv.lock"}
  # pyhack: made source=0eb52489fea453de lock=e3b0c44298fc1c14 build=048cd03e5002391d rules=a5bbd3676356d80a text=3c0ea357fb6e3f0b
  in-registry =
    if prev ? in-registry && (prev.in-registry.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.in-registry;
        cargoRoot = "rust";
      }).overrideAttrs
        (old: {
          nativeBuildInputs =
            old.nativeBuildInputs
            ++ final.resolveBuildSystem {
              maturin = [ ];
            };
          buildInputs = (old.buildInputs or [ ]) ++ [
            pkgs.openssl # openssl-sys 0.9.109
          ];
        })
    else
      prev.in-registry or null;
  # pyhack: end in-registry

  # pyhack: begin mine 0.1.0
  # pyhack: from {"path":"crates/mine"}
  # pyhack: made source=3b42f03ecb1c5c59 lock=7e7bf0ba1e1d924b build=048cd03e5002391d rules=a5bbd3676356d80a text=1e325a717c21b1a5
  mine = hacks.importCargoLock {
    prev = prev.mine;
    cargoRoot = "rust";
  };
  # pyhack: end mine
}
