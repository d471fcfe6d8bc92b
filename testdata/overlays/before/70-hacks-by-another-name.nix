{ pkgs, pyproject-nix, python }:
let
  buildHacks = pkgs.callPackage pyproject-nix.build.hacks { };
  base = pkgs.callPackage pyproject-nix.build.packages { inherit python; };
  overlay = final: prev: {
    six = buildHacks.importCargoLock { prev = prev.six; };
  };
in
base.overrideScope overlay
