# Überschreibungen — «für uns» 🦀
{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  "größe" = "ä"; # ≤ 3
}
