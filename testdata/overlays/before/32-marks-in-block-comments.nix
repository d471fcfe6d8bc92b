{ pkgs, hacks, pyproject-nix, ... }:
final: prev: {
  /* # pyhack: begin fast-pack
     # pyhack: end fast-pack */
  a = 1;
}
