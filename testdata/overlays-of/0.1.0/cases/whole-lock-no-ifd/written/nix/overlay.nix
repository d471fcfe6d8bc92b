# pyhack: lock {"lock":"../uv.lock","all":true,"platforms":["x86_64-linux"],"no-ifd":true} without=b395bb27
{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin by-git 0.1.0
  # pyhack: from {"lock":"../uv.lock","all":true,"platforms":["x86_64-linux"],"no-ifd":true}
  # pyhack: made source=d87a086ffd15b995 lock=e3b0c44298fc1c14 build=409e666d6e3bc383 rules=a5bbd3676356d80a text=d9c88a6623221ac7
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
  # pyhack: from {"lock":"../uv.lock","all":true,"platforms":["x86_64-linux"],"no-ifd":true}
  # pyhack: made source=703a7680556b49cb lock=6cca6b7f321b429f build=409e666d6e3bc383 rules=a5bbd3676356d80a text=3eac8a87fd210a61 beside=by-path.lock
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
  # pyhack: from {"lock":"../uv.lock","all":true,"platforms":["x86_64-linux"],"no-ifd":true}
  # pyhack: made source=f869d960bb863d82 lock=6cca6b7f321b429f build=409e666d6e3bc383 rules=a5bbd3676356d80a text=8db8f7142359273a beside=by-url.lock
  by-url =
    if prev ? by-url && (prev.by-url.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.by-url;
        cargoRoot = "rust";
        doUnpack = false;
        importCargoLockArgs = {
          lockFile = ./by-url.lock;
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
      prev.by-url or null;
  # pyhack: end by-url

  # pyhack: begin forked 1.0,2.0
  # pyhack: from {"lock":"../uv.lock","all":true,"platforms":["x86_64-linux"],"no-ifd":true}
  # pyhack: made source=92e2f2cea2e98d90 lock=6cca6b7f321b429f build=409e666d6e3bc383 rules=a5bbd3676356d80a text=c3697e1c2303ff35 beside=forked-1.0.lock
  forked =
    if
      prev ? forked && (prev.forked.passthru.format or null) != "wheel" && prev.forked.version == "1.0"
    then
      (hacks.importCargoLock {
        prev = prev.forked;
        cargoRoot = "rust";
        doUnpack = false;
        importCargoLockArgs = {
          lockFile = ./forked-1.0.lock;
        };
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
        doUnpack = false;
        importCargoLockArgs = {
          lockFile = ./forked-2.0.lock;
        };
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
  # pyhack: from {"lock":"../uv.lock","all":true,"platforms":["x86_64-linux"],"no-ifd":true,"env":{"OPENSSL_NO_VENDOR":"1"}}
  # pyhack: made source=0eb52489fea453de lock=8ba4cd476ac57297 build=409e666d6e3bc383 rules=a5bbd3676356d80a text=668f6daf634fa48c beside=in-registry.lock
  in-registry =
    if prev ? in-registry && (prev.in-registry.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.in-registry;
        cargoRoot = "rust";
        doUnpack = false;
        importCargoLockArgs = {
          lockFile = ./in-registry.lock;
        };
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
          env = (old.env or { }) // {
            OPENSSL_NO_VENDOR = "1";
          };
        })
    else
      prev.in-registry or null;
  # pyhack: end in-registry

  # pyhack: begin mine 0.1.0
  # pyhack: from {"path":"../crates/mine","platforms":["x86_64-linux"],"no-ifd":true}
  # pyhack: made source=3b42f03ecb1c5c59 lock=7e7bf0ba1e1d924b build=409e666d6e3bc383 rules=a5bbd3676356d80a text=1e325a717c21b1a5
  mine = hacks.importCargoLock {
    prev = prev.mine;
    cargoRoot = "rust";
  };
  # pyhack: end mine

  # pyhack: begin wheel 1.0
  # pyhack: from {"lock":"../uv.lock","all":true,"platforms":["x86_64-linux"],"no-ifd":true}
  # pyhack: made source=2e3b72f86464c723 lock=6cca6b7f321b429f build=409e666d6e3bc383 rules=a5bbd3676356d80a text=56e02a93474afa2e beside=wheel.lock
  wheel =
    if prev ? wheel && (prev.wheel.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.wheel;
        cargoRoot = "rust";
        doUnpack = false;
        importCargoLockArgs = {
          lockFile = ./wheel.lock;
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
      prev.wheel or null;
  # pyhack: end wheel
}
