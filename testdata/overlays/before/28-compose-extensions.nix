{ lib, pkgs, hacks, ... }:
lib.composeManyExtensions [
  (import ./wheels.nix)
  (final: prev: {
    a = prev.a;
  })
]
