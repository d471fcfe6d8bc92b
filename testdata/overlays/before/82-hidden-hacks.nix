{ pkgs, hacks }:
final: prev:
with pkgs.lib;
let
  hacks = pkgs.pyproject-nix.build.hacks;
in
{
  six = prev.six;
}
