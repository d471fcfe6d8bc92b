{ pkgs, hacks }:
final: prev:
if pkgs.stdenv.hostPlatform.isLinux then { six = prev.six; } else { }
