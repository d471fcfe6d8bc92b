{ pkgs, hacks, lib, ... }:
final: prev: {
  six = prev.six;
} // import ./more.nix { inherit final prev; }
