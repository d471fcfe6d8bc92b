@inputs@

# Into the `let` where the package set is made, with nixpkgs' `pkgs` and `lib`:
@set@@hacks@@overlay@

# The set, with `rustOverlay` behind uv2nix' overlay:
pythonSet = (pkgs.callPackage @pyproject_nix@.build.packages { inherit python; }).overrideScope (
  lib.composeManyExtensions [
    @build_systems@.overlays.wheel
    (workspace.mkPyprojectOverlay { @arguments@ })
    rustOverlay
  ]
);
@environment@
