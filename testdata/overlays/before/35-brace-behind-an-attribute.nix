{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  a = 1;
  b = 2; }
