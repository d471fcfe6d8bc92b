{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  a = 1;
  # Nothing below this line.
}
