{ pkgs, lib, hacks }:
final: prev:
{
  six = prev.six;
}
// lib.optionalAttrs pkgs.stdenv.hostPlatform.isDarwin {
  seven = prev.seven;
}
