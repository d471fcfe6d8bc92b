@inputs@

# Into the `let` where the package set is made, with nixpkgs' `pkgs` and `lib`:
@set@@dependencies@@hacks@@overlay@

# The set, with `rustOverlay` behind uv2nix' overlay:
pythonSet = (pkgs.callPackage @pyproject_nix@.build.packages { inherit python; }).overrideScope (
  lib.composeManyExtensions [
    @missing@@build_systems@.overlays.wheel
    (workspace.mkPyprojectOverlay { @arguments@ })
    rustOverlay
  ]
);
@environment@
