{ pkgs, lib, hacks }:
final: prev:
lib.optionalAttrs pkgs.stdenv.hostPlatform.isLinux {
  # pyhack: begin other
  # pyhack: end other
}
