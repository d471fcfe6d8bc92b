# A package of a uv.lock, by checkouts of the real pyproject.nix and uv2nix:
# `nix-build -A NAME --argstr settings FILE`.
{ settings }:
let
  case = builtins.fromJSON (builtins.readFile settings);
  checkout = name: /. + case.${name};

  pkgs =
    if case ? nixpkgs then
      import (checkout "nixpkgs") { }
    else
      import ./nixpkgs.nix {
        lib = import (checkout "lib");
        inherit case;
      };
  inherit (pkgs) lib;

  pyproject-nix = import (checkout "pyproject.nix") { inherit lib; };
  uv2nix = import (checkout "uv2nix") { inherit lib pyproject-nix; };
  build-systems = import (checkout "build-system-pkgs") { inherit lib pyproject-nix uv2nix; };
  hacks = pkgs.callPackage pyproject-nix.build.hacks { };

  workspace = uv2nix.lib.workspace.loadWorkspace { workspaceRoot = checkout "workspace"; };
  base = pkgs.callPackage pyproject-nix.build.packages { python = pkgs.python3; };
  overlay = import (checkout "overlay") { inherit pkgs lib hacks; };
in
base.overrideScope (
  lib.composeManyExtensions [
    build-systems.overlays.wheel
    (workspace.mkPyprojectOverlay { sourcePreference = case.sourcePreference or "sdist"; })
    overlay
  ]
)
