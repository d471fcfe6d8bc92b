{ pkgs ? import <nixpkgs> { } }:
let
  hacks = pkgs.callPackage (import ./npins).pyproject-nix { };
in
final:
let
  x = 1;
in
prev: {
  a = x;
}
