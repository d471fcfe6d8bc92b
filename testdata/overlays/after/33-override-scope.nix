{
  pkgs,
  workspace,
  hacks,
  pyproject-nix,
  pyproject-build-systems,
  overlay,
  ...
}:
let
  pythonSet =
    (pkgs.callPackage pyproject-nix.build.packages { python = pkgs.python312; }).overrideScope
      (
        pkgs.lib.composeManyExtensions [
          pyproject-build-systems.overlays.default
          overlay
          (final: prev: {
            numba = prev.numba.overrideAttrs (old: {
              buildInputs = (old.buildInputs or [ ]) ++ [ pkgs.tbb ];
            });

            # pyhack: begin fast-pack 0.1.0
            # pyhack: from {"path":"project"}
            # pyhack: made now
            fast-pack =
              (hacks.importCargoLock {
                prev = prev.fast-pack;
                cargoRoot = "src/rust";
              }).overrideAttrs
                (old: {
                  buildInputs = (old.buildInputs or [ ]) ++ [
                    pkgs.openssl # openssl > openssl-sys 0.9.118
                  ];
                });
            # pyhack: end fast-pack
          })
        ]
      );
in
pythonSet
