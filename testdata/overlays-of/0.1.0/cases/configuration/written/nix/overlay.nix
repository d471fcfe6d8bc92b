{
  pkgs,
  lib,
  hacks,
  ...
}:
final: prev:
builtins.intersectAttrs prev {
  # pyhack: begin fast-pack 1.2.0
  # pyhack: from {"path":"../project","python":"3.12","platforms":["x86_64-linux","aarch64-linux"],"prefer":{"zstd":"bundled"},"build-inputs":["libffi","xorg.libX11"],"native-build-inputs":["protobuf"],"env":{"FAST_PACK_LEVEL":"3","QUOTED":"a \"b\" ${c}"}}
  # pyhack: made source=f84dcdc5c95907ca lock=198f9c602115775a build=a93756b86c680bdb rules=a5bbd3676356d80a text=5f960af6b5a03eee
  fast-pack =
    (hacks.importCargoLock {
      prev = prev.fast-pack;
      cargoRoot = "rust";
    }).overrideAttrs
      (old: {
        nativeBuildInputs = old.nativeBuildInputs ++ [ pkgs.protobuf ];
        buildInputs = (old.buildInputs or [ ]) ++ [
          pkgs.libffi
          pkgs.xorg.libX11
        ];
        env = (old.env or { }) // {
          FAST_PACK_LEVEL = "3";
          QUOTED = "a \"b\" \${c}";
        };
      });
  # pyhack: end fast-pack

  # pyhack: begin fast-sdist 1.2.0
  # pyhack: from {"path":"../sdists/fast_sdist-1.2.0.tar.gz","python":"3.12","platforms":["x86_64-linux","aarch64-linux"],"prefer":{"zstd":"bundled"}}
  # pyhack: made source=e7a23cdeec21f341 lock=e3b0c44298fc1c14 build=293dc2e83f3a3f87 rules=a5bbd3676356d80a text=8cae2cd2e7cfe195
  fast-sdist =
    if prev ? fast-sdist && (prev.fast-sdist.passthru.format or null) != "wheel" then
      (hacks.importCargoLock {
        prev = prev.fast-sdist;
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
      prev.fast-sdist or null;
  # pyhack: end fast-sdist
}
