{ pkgs, pyproject-nix, python }:
let
  inherit (pyproject-nix.build) hacks;
in
final: prev: {
  six = prev.six;
}
