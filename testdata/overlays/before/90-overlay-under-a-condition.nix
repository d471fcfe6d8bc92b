{ pkgs, lib, hacks }:
lib.composeManyExtensions (
  lib.optional pkgs.stdenv.hostPlatform.isLinux (
    final: prev: {
      six = prev.six;
    }
  )
)
