{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  a = 1;
}