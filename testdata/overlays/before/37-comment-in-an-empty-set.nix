{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  # stanzas
}
