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
          })
        ]
      );
in
pythonSet
