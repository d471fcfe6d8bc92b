{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  "a b" = 1;
  "fast_pack" = 2;
  ${"x" + "y"} = 3;
  a.fast-pack = 4;
}
