{ pkgs, pyproject-nix, ... }:
final: prev:
let
  inherit (prev) numpy;
  hacks = pkgs.callPackage pyproject-nix.build.hacks { };
in
{
  inherit numpy;
}
