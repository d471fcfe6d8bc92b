{ pkgs, lib, hacks, ... }:
final: prev:
lib.optionalAttrs pkgs.stdenv.isLinux {
  a = 1;
}
