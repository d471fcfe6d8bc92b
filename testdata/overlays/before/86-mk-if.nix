{ pkgs, lib, hacks }:
final: prev:
lib.mkIf pkgs.stdenv.hostPlatform.isLinux {
  six = prev.six;
}
