{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  inherit (prev)
    numpy
    scipy
    ;
  inherit pkgs;
}
